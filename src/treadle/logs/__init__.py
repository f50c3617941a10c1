"""What runs leave to read: lists, details, node by node."""

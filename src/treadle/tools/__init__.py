"""Tools: providers of every kind, their credentials, and calling them."""

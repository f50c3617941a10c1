"""What an app is, and what is kept of its runs."""

"""Conversations of chat apps: what was said, and what goes on beside it."""

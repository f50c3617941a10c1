"""Searching knowledge bases: one, several together, and those that are elsewhere."""

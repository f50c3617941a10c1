"""Workflows that are called as tools."""

"""Fixtures that every test may use."""

pytest_plugins = ["tests.platform.databases", "tests.server.fixtures"]

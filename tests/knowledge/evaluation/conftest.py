"""Evaluations over HTTP, on SQLite and on PostgreSQL."""

from tests.knowledge.api.conftest import api, here

__all__ = ["api", "here"]

"""Lark's wiki."""

from treadle.tools.builtin.office.client import check
from treadle.tools.builtin.office.wiki import (
    get_wiki_nodes,
)

__all__ = ["check", "get_wiki_nodes"]

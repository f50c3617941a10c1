"""Lark's documents."""

from treadle.tools.builtin.office.client import check
from treadle.tools.builtin.office.documents import (
    create_document,
    get_document_content,
    list_document_blocks,
    write_document,
)

__all__ = ["check", "create_document", "get_document_content", "list_document_blocks", "write_document"]

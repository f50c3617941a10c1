"""Lark's base."""

from treadle.tools.builtin.office.bases import (
    add_records,
    create_base,
    create_table,
    delete_records,
    delete_tables,
    get_base_info,
    list_tables,
    read_records,
    search_records,
    update_records,
)
from treadle.tools.builtin.office.client import check

__all__ = [
    "add_records",
    "check",
    "create_base",
    "create_table",
    "delete_records",
    "delete_tables",
    "get_base_info",
    "list_tables",
    "read_records",
    "search_records",
    "update_records",
]

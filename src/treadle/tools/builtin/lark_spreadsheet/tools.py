"""Lark's spreadsheets."""

from treadle.tools.builtin.office.client import check
from treadle.tools.builtin.office.spreadsheets import (
    add_cols,
    add_rows,
    create_spreadsheet,
    get_spreadsheet,
    list_spreadsheet_sheets,
    read_cols,
    read_rows,
    read_table,
)

__all__ = [
    "add_cols",
    "add_rows",
    "check",
    "create_spreadsheet",
    "get_spreadsheet",
    "list_spreadsheet_sheets",
    "read_cols",
    "read_rows",
    "read_table",
]

"""Lark's tasks."""

from treadle.tools.builtin.office.client import check
from treadle.tools.builtin.office.tasks import (
    add_members,
    create_task,
    delete_task,
    update_task,
)

__all__ = ["add_members", "check", "create_task", "delete_task", "update_task"]

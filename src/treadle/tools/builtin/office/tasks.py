"""Tasks (https://open.feishu.cn/document/uAjLw4CM/ukTMukTMukTM/task-v2/task/overview)."""

from collections.abc import AsyncIterator
from datetime import datetime
from zoneinfo import ZoneInfo

from treadle.engine.errors import ToolParameterError
from treadle.engine.values import JsonValue
from treadle.tools.builtin.call import Call
from treadle.tools.messages import Json, Message, Text

from .client import office, segment


async def create_task(call: Call) -> AsyncIterator[Message]:
    call.required("summary")
    yield Json(await office(call, "POST", "task/v2/tasks", json=_task(call)))


async def update_task(call: Call) -> AsyncIterator[Message]:
    task = _task(call)
    if done := call.text("completed_time"):
        task["completed_at"] = str(_moment(call, done))
    if not task:
        raise ToolParameterError("Nothing is given that the task could be changed to.")
    body: dict[str, JsonValue] = {"task": task, "update_fields": [*task]}
    yield Json(await office(call, "PATCH", f"task/v2/tasks/{segment(call, 'task_guid')}", json=body))


async def delete_task(call: Call) -> AsyncIterator[Message]:
    await office(call, "DELETE", f"task/v2/tasks/{segment(call, 'task_guid')}")
    yield Text("The task was deleted.")


async def add_members(call: Call) -> AsyncIterator[Message]:
    call.required("member_ids")
    role = call.text("member_role")
    members: list[JsonValue] = [{"id": each, "type": "user", "role": role} for each in call.listed("member_ids")]
    path = f"task/v2/tasks/{segment(call, 'task_guid')}/add_members"
    yield Json(await office(call, "POST", path, json={"members": members}))


def _task(call: Call) -> dict[str, JsonValue]:
    task: dict[str, JsonValue] = {name: value for name in ("summary", "description") if (value := call.text(name))}
    for name, field in (("start_time", "start"), ("end_time", "due")):
        if text := call.text(name):
            task[field] = {"timestamp": str(_moment(call, text)), "is_all_day": False}
    return task


def _moment(call: Call, text: str) -> int:
    """Milliseconds since 1970."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ToolParameterError(f'"{text}" is no time; write it like 2024-01-31 08:30:00.') from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(call.timezone))).timestamp() * 1000)

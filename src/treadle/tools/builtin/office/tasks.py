"""Tasks (https://open.feishu.cn/document/uAjLw4CM/ukTMukTMukTM/task-v2/task/overview)."""

from collections.abc import AsyncIterator

from treadle.engine.errors import ToolParameterError
from treadle.engine.values import JsonValue
from treadle.tools.builtin.call import Call
from treadle.tools.messages import Json, Message, Text

from .client import office, segment
from .moments import seconds


async def create_task(call: Call) -> AsyncIterator[Message]:
    call.required("summary")
    yield Json(await office(call, "POST", "task/v2/tasks", json=_task(call)))


async def update_task(call: Call) -> AsyncIterator[Message]:
    task = _task(call)
    if call.text("completed_time"):
        task["completed_at"] = _moment(call, "completed_time")
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
        if call.text(name):
            task[field] = {"timestamp": _moment(call, name), "is_all_day": False}
    return task


def _moment(call: Call, name: str) -> str:
    """Milliseconds since 1970."""
    return str(seconds(call, name) * 1000)

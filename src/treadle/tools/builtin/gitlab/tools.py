"""Projects on GitLab (https://docs.gitlab.com/api/rest/)."""

from collections.abc import AsyncIterator
from typing import TypeVar
from urllib.parse import quote

import msgspec

from treadle.engine.errors import ToolInvokeError
from treadle.engine.values import JsonValue
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import Query, ask, send
from treadle.tools.messages import Json, Message

T = TypeVar("T")

_COMMITS = 20
_FILES = 50


class _Commit(msgspec.Struct):
    id: str
    title: str = ""
    author_name: str = ""
    created_at: str = ""


class _Diff(msgspec.Struct):
    new_path: str
    diff: str = ""


class _Entry(msgspec.Struct):
    path: str
    type: str


class _User(msgspec.Struct):
    name: str = ""


class _MergeRequest(msgspec.Struct):
    iid: int
    title: str
    state: str = ""
    author: _User = msgspec.field(default_factory=_User)
    source_branch: str = ""
    target_branch: str = ""
    created_at: str = ""
    web_url: str = ""


class _Project(msgspec.Struct):
    id: int
    path_with_namespace: str
    name: str = ""
    description: str | None = None
    web_url: str = ""


async def gitlab_commits(call: Call) -> AsyncIterator[Message]:
    base = _project(call)
    query = {
        "ref_name": call.text("branch") or None,
        "author": call.text("employee") or None,
        "since": call.text("start_time") or None,
        "until": call.text("end_time") or None,
        "per_page": _COMMITS,
    }
    for commit in await _gitlab(call, list[_Commit], f"{base}/repository/commits", query):
        diffs = await _gitlab(call, list[_Diff], f"{base}/repository/commits/{commit.id}/diff")
        changes: list[JsonValue] = [
            {"path": diff.new_path, "diff": _lines(diff.diff, call.text("change_type"))} for diff in diffs
        ]
        yield Json({**msgspec.to_builtins(commit), "changes": changes})


async def gitlab_files(call: Call) -> AsyncIterator[Message]:
    base, branch, path = _project(call), call.required("branch"), call.required("path").strip("/")
    tree: Query = {"path": path, "ref": branch, "recursive": True, "per_page": _FILES}
    try:
        entries = await _gitlab(call, list[_Entry], f"{base}/repository/tree", tree)
    except ToolInvokeError as error:
        if "status 404" not in str(error):
            raise
        entries = []
    for file in [entry.path for entry in entries if entry.type == "blob"] or [path]:
        url = f"{_api(call)}/{base}/repository/files/{quote(file, safe='')}/raw"
        response = await send(call, "GET", url, query={"ref": branch}, headers=_headers(call))
        yield Json({"path": file, "branch": branch, "content": response.body.decode("utf-8", "replace")})


async def gitlab_mergerequests(call: Call) -> AsyncIterator[Message]:
    query = {
        "state": call.text("state"),
        "target_branch": call.text("branch") or None,
        "created_after": call.text("start_time") or None,
        "created_before": call.text("end_time") or None,
    }
    found = await _gitlab(call, list[_MergeRequest], f"{_project(call)}/merge_requests", query)
    yield Json({"merge_requests": [{**msgspec.to_builtins(each), "author": each.author.name} for each in found]})


async def gitlab_projects(call: Call) -> AsyncIterator[Message]:
    query = {
        "membership": True,
        "search": call.text("project_name") or None,
        "page": call.integer("page", 1),
        "per_page": call.integer("page_size", 1, 100),
    }
    found = await _gitlab(call, list[_Project], "projects", query)
    yield Json({"projects": [msgspec.to_builtins(each) for each in found]})


async def _gitlab(call: Call, answer: type[T], path: str, query: Query = ()) -> T:
    return await ask(call, answer, "GET", f"{_api(call)}/{path}", query=query, headers=_headers(call))


def _api(call: Call) -> str:
    return f"{call.credential('site_url').rstrip('/')}/api/v4"


def _project(call: Call) -> str:
    return f"projects/{quote(call.required('repository').strip('/'), safe='')}"


def _headers(call: Call) -> dict[str, str]:
    return {"PRIVATE-TOKEN": call.credential("access_tokens")}


def _lines(diff: str, kind: str) -> str:
    """The lines that were added (`new`), taken away (`delete`), or the whole."""
    sign = {"new": "+", "delete": "-"}.get(kind)
    return "\n".join(line[1:] for line in diff.splitlines() if line.startswith(sign)) if sign else diff

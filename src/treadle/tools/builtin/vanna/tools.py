"""Questions to a database through Vanna (https://vanna.ai/docs), which has learned the database and writes the SQL.

The database itself is asked from here, and only the question, the tables and the notes go to Vanna, never rows.
"""

import re
from collections.abc import AsyncIterator, Mapping
from typing import Any, Generic, TypeVar

import msgspec

from treadle.engine.errors import ToolCredentialsError, ToolInvokeError
from treadle.engine.values import JsonValue
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask, exchange, raise_for_status
from treadle.tools.messages import Json, Message, Text

from .databases import Database, PostgresServer, SqliteFile, as_table, checked_address

T = TypeVar("T")

_FENCE = re.compile(r"```(?:sql)?\s*(.*?)```", re.DOTALL | re.IGNORECASE)
_SECONDS = 120.0


class _Answer(msgspec.Struct, Generic[T]):
    result: T | None = None
    error: Any = None


class _Text(msgspec.Struct):
    data: str


class _Done(msgspec.Struct):
    success: bool = True
    message: str = ""


class _Models(msgspec.Struct):
    organizations: list[str] = []


class _Example(msgspec.Struct):
    question: str = ""
    sql: str = ""


class _Learned(msgspec.Struct):
    questions: list[_Example] = []
    ddl: list[str] = []
    documentation: list[str] = []


async def check(call: Call) -> None:
    await _asked(call, _Answer[_Models], "list_my_models", model="")


async def vanna(call: Call) -> AsyncIterator[Message]:
    question = call.required("prompt")
    if call.flag("enable_training"):
        await _train(call)
    learned = await _asked(call, _Answer[_Learned], "get_related_training_data", {"question": question})
    prompt = msgspec.json.encode(_conversation(call.text("db_type"), question, learned)).decode()
    reply = (await _asked(call, _Answer[_Text], "submit_prompt", _data(prompt))).data
    fenced = _FENCE.search(reply)
    sql = (fenced.group(1) if fenced else reply).strip().rstrip(";")
    if not sql.lower().startswith(("select", "with")):
        raise ToolInvokeError(f"Vanna found no query for this question; it said: {reply[:300]}")
    rows = await (await _database(call)).rows(sql)
    yield Text(f"{sql}\n\n{as_table(rows)}")
    found: list[JsonValue] = [*rows]
    yield Json({"sql": sql, "rows": found})


async def _database(call: Call) -> Database:
    url = call.required("url")
    if call.text("db_type") == "SQLite":
        file = await exchange(call, "GET", url)
        raise_for_status(file, keyed=False)
        return SqliteFile(file.body)
    port = call.integer("port", 1, 65535)
    return PostgresServer(
        address=await checked_address(call.egress, url, port),
        port=port,
        user=call.text("username"),
        password=call.text("password"),
        database=call.text("db_name"),
    )


async def _train(call: Call) -> None:
    """Have Vanna learn what the call brings, after it has forgotten the rest if so wanted."""
    if call.flag("reset_training_data"):
        known = msgspec.json.decode((await _asked(call, _Answer[_Text], "get_training_data")).data)
        for entry in _ids(known):
            await _asked(call, _Answer[_Done], "remove_training_data", _data(entry))
    if ddl := call.text("ddl"):
        await _asked(call, _Answer[_Done], "add_ddl", _data(ddl))
    if call.text("question") and call.text("sql"):
        pair = {"question": call.text("question"), "sql": call.text("sql"), "tag": "Manually Trained"}
        await _asked(call, _Answer[_Done], "add_sql", pair)
    if memos := call.text("memos"):
        await _asked(call, _Answer[_Done], "add_documentation", _data(memos))
    if call.flag("training_metadata"):
        database = await _database(call)
        tables = await database.rows(database.tables)
        await _asked(call, _Answer[_Done], "add_documentation", _data(f"Tables of the database:\n{as_table(tables)}"))


def _ids(known: JsonValue) -> list[str]:
    """The ids in what is learned, which comes as a table: by row, or by column and then row."""
    if isinstance(known, list):
        return [str(entry["id"]) for entry in known if isinstance(entry, dict) and "id" in entry]
    column = known.get("id") if isinstance(known, dict) else None
    return [str(value) for value in column.values()] if isinstance(column, dict) else []


def _conversation(kind: str, question: str, learned: _Learned) -> list[dict[str, str]]:
    """What Vanna's model is asked."""
    parts = [
        f"You write one {kind} query that answers the user's question. Answer with the query alone, which only reads."
        " When the tables below cannot answer it, say so in one sentence."
    ]
    if learned.ddl:
        parts.append("Tables:\n" + "\n\n".join(learned.ddl))
    if learned.documentation:
        parts.append("Notes:\n" + "\n\n".join(learned.documentation))
    messages = [{"role": "system", "content": "\n\n".join(parts)}]
    for example in learned.questions:
        messages.append({"role": "user", "content": example.question})
        messages.append({"role": "assistant", "content": example.sql})
    return [*messages, {"role": "user", "content": question}]


def _data(text: str) -> dict[str, str]:
    return {"data": text}


async def _asked(
    call: Call,
    kind: type[_Answer[T]],
    method: str,
    params: Mapping[str, str] | None = None,
    *,
    model: str | None = None,
) -> T:
    """The result of a method. Raises ToolCredentialsError and ToolInvokeError."""
    headers = {
        "Vanna-Key": call.credential("api_key"),
        "Vanna-Org": call.required("model") if model is None else model,
    }
    given: list[JsonValue] = [] if params is None else [dict[str, JsonValue](params)]
    body: dict[str, JsonValue] = {"method": method, "params": given}
    answer = await ask(call, kind, "POST", call.urls["api"], headers=headers, json=body, timeout=_SECONDS)
    if answer.result is None:
        reason = answer.error if isinstance(answer.error, str) else msgspec.json.encode(answer.error).decode()
        if method == "list_my_models":
            raise ToolCredentialsError(f"Vanna refused the credentials: {reason}; check them in the tool's settings.")
        raise ToolInvokeError(f"Vanna refused {method}: {reason}.")
    if isinstance(answer.result, _Done) and not answer.result.success:
        raise ToolInvokeError(f"Vanna refused {method}: {answer.result.message}.")
    return answer.result

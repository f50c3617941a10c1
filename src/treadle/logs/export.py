"""Logs as files: CSV for spreadsheets, and lines of JSON. Source: spec console §10.4."""

import csv
import io
from collections.abc import AsyncGenerator, AsyncIterable, Mapping
from datetime import UTC, datetime
from typing import Literal

import msgspec

from treadle.logs.repository import RunRow
from treadle.logs.talks import MessageRow
from treadle.platform.clock import SECOND

ExportForm = Literal["csv", "jsonl"]
MEDIA = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl"}

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_BOM = "\ufeff"
_encode = msgspec.json.Encoder().encode
Cell = str | int | float | bool | None
Line = Mapping[str, Cell]


def message_line(row: MessageRow) -> Line:
    """A question and its answer. `latency` in seconds."""
    message, user, admin = row.message, row.feedback.get("user"), row.feedback.get("admin")
    return {
        "time": _time(message.created_at),
        "conversation_id": message.conversation_id,
        "message_id": message.id,
        "user": row.person,
        "question": message.query,
        "inputs": message.inputs,
        "answer": message.answer,
        "status": message.status,
        "error": message.error,
        "user_rating": user.rating if user else None,
        "user_comment": user.content if user else None,
        "builder_rating": admin.rating if admin else None,
        "builder_comment": admin.content if admin else None,
        "annotated": row.annotated,
        "model": message.model_name,
        "message_tokens": message.message_tokens,
        "answer_tokens": message.answer_tokens,
        "price": f"{message.total_price_e7 / 1e7:.7f}",
        "speech_price": f"{row.speech_e7 / 1e7:.7f}",
        "currency": message.currency,
        "latency": round(message.latency, 3),
        "from": message.created_from,
        "api_key": _key(row.key.name, row.key.last_characters) if row.key else None,
        "run_id": message.run_id,
    }


def run_line(row: RunRow) -> Line:
    """A run of a workflow. `elapsed` in seconds."""
    run = row.run
    return {
        "time": _time(run.created_at),
        "run_id": run.id,
        "user": row.end_user.session_id if row.end_user else row.account.name if row.account else None,
        "inputs": run.inputs,
        "outputs": run.outputs,
        "status": run.status,
        "error": run.error,
        "elapsed": round(run.elapsed, 3),
        "tokens": run.total_tokens,
        "price": f"{run.total_price_e7 / 1e7:.7f}",
        "currency": run.currency,
        "steps": run.total_steps,
        "from": run.created_from,
        "triggered_from": run.triggered_from,
        "api_key": _key(row.key.name, row.key.last_characters) if row.key else None,
    }


async def lines_as(form: ExportForm, lines: AsyncIterable[Line]) -> AsyncGenerator[str, None]:
    """A file, piece by piece. Cells that a spreadsheet would take for formulas are texts."""
    if form == "jsonl":
        async for line in lines:
            yield _encode(line).decode() + "\n"
        return
    yield _BOM
    first = True
    async for line in lines:
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        if first:
            writer.writerow(line)
            first = False
        writer.writerow([_cell(value) for value in line.values()])
        yield text.getvalue()


def _cell(value: Cell) -> Cell:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return "" if value is None else value


def _key(name: str, end: str) -> str:
    return name or f"app-…{end}"


def _time(at: int) -> str:
    return datetime.fromtimestamp(at / SECOND, UTC).isoformat(timespec="seconds")

"""Annotations as files: CSV in and out, and lines of JSON out in the form of chat messages.

Source: spec console §11.2.
"""

import csv
import io
from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Sequence
from typing import Literal

import msgspec

from treadle.platform.refusals import InvalidParam

from .texts import problem_of

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_BOM = "\ufeff"
_encode = msgspec.json.Encoder().encode

ExportForm = Literal["csv", "jsonl"]

TEMPLATE = _BOM + "question,answer\nWhen are you open?,We are open from 9 to 17 on weekdays.\n"
"""A file to fill in."""


class Pair(msgspec.Struct, frozen=True):
    question: str
    answer: str


class LineProblem(msgspec.Struct, frozen=True):
    """Why a line of a file was left out; lines count from 1, the header included."""

    line: int
    message: str


class ReadFile(msgspec.Struct, frozen=True):
    """What a file holds."""

    pairs: tuple[Pair, ...]
    problems: tuple[LineProblem, ...] = ()


def read_csv(data: bytes, name: str, *, most: int) -> ReadFile:
    """The pairs of a CSV file, which has a header; of each line the first column is the question, the second the
    answer. Raises InvalidParam for what is no such file, and for one of which no line can be used."""
    if not name.lower().endswith(".csv"):
        raise InvalidParam("Choose a CSV file: its name must end with .csv.", param="file")
    try:
        text = data.decode("utf-8-sig").replace("\x00", "")
    except UnicodeDecodeError as error:
        raise InvalidParam("The file is not UTF-8 text; save it as CSV in UTF-8.", param="file") from error
    rows = csv.reader(io.StringIO(text, newline=""))
    pairs: list[Pair] = []
    problems: list[LineProblem] = []
    try:
        next(rows, None)
        for row in rows:
            cells = [_unguarded(cell.strip()) for cell in row]
            if not any(cells):
                continue
            question, answer = (*cells, "", "")[:2]
            problem = problem_of(question, answer)
            if problem is None:
                pairs.append(Pair(question, answer))
            else:
                problems.append(LineProblem(_first_line(row, rows.line_num), f"{problem[0].upper()}{problem[1:]}."))
            if len(pairs) > most:
                raise InvalidParam(f"The file has more than {most:,} lines; split it.", param="file")
    except csv.Error as error:
        raise InvalidParam(f"Line {rows.line_num} is no CSV: {error}.", param="file") from error
    if not pairs and problems:
        first = problems[0]
        raise InvalidParam(f"No line can be used. Line {first.line}: {first.message}", param="file")
    if not pairs:
        raise InvalidParam(
            "There are no annotations in it: below the header, each line needs a question and an answer.", param="file"
        )
    return ReadFile(tuple(pairs), tuple(problems))


async def written(pairs: AsyncIterable[Sequence[Pair]], form: ExportForm) -> AsyncGenerator[bytes]:
    """The pieces of a file that holds the pairs."""
    if form == "csv":
        yield (_BOM + _csv([["question", "answer"]])).encode()
    async for some in pairs:
        if form == "csv":
            yield _csv((_guarded(each.question), _guarded(each.answer)) for each in some).encode("utf-8", "replace")
        else:
            yield b"".join(_encode(_messages(each)) + b"\n" for each in some)


def _messages(pair: Pair) -> dict[str, list[dict[str, str]]]:
    return {
        "messages": [
            {"role": "user", "content": pair.question},
            {"role": "assistant", "content": pair.answer},
        ]
    }


def _csv(rows: Iterable[Sequence[str]]) -> str:
    target = io.StringIO()
    csv.writer(target, lineterminator="\n").writerows(rows)
    return target.getvalue()


def _first_line(row: Sequence[str], last: int) -> int:
    """The line on which a row began that ended on the line `last`."""
    return last - sum(cell.count("\n") for cell in row)


def _guarded(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _unguarded(cell: str) -> str:
    """The inverse of `_guarded`."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell

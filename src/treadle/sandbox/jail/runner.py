"""Runs user code in the jailed process and writes one frame with what came of it.

Frame: one byte (`R` result, `E` error), eight bytes length, payload: the result as JSON, or the text for the user.
"""

import asyncio
import inspect
import json
import os
import struct
import sys
import traceback
from types import ModuleType, TracebackType
from typing import cast

from .confine import relieve_memory

FILE_NAME = "main.py"
HEADER = struct.Struct(">cQ")
RESULT, ERROR = b"R", b"E"
_SHOWN_FRAMES = 5
_REFUSED = "the code sandbox allows no network, no other processes, and no files except below /tmp"


class Refusal(Exception):
    """The code broke the contract of a code node; the message is for its author."""


def run(code: str, inputs: bytes, *, result_limit: int, memory_limit: int) -> tuple[bytes, bytes]:
    """Run module-level code, then `main(**inputs)`; gives the frame's kind and payload. Never raises."""
    try:
        return RESULT, _call(code, inputs, result_limit)
    except Refusal as problem:
        return ERROR, str(problem).encode()
    except MemoryError as problem:
        return ERROR, _out_of_memory(problem, code, memory_limit)
    except BaseException as problem:  # whatever user code raises, SystemExit included, is its result
        return ERROR, describe(problem, code).encode("utf-8", "replace")


def _call(code: str, inputs: bytes, result_limit: int) -> bytes:
    module = ModuleType("__main__")
    sys.modules["__main__"] = module
    exec(compile(code, FILE_NAME, "exec", dont_inherit=True), module.__dict__)
    main = module.__dict__.get("main")
    if not callable(main):
        raise Refusal("the code defines no function named main")
    result: object = main(**json.loads(inputs))
    if inspect.iscoroutine(result):
        result = asyncio.run(result)
    return encode_result(result, result_limit)


def _out_of_memory(problem: MemoryError, code: str, limit: int) -> bytes:
    relieve_memory()
    text = f"memory limit: the code used more than its {limit >> 20} MiB and was stopped"
    try:
        return f"{text}\n{describe(problem, code)}".encode("utf-8", "replace")
    except MemoryError:
        return text.encode()


def encode_result(result: object, limit: int) -> bytes:
    """`result` as JSON. Raises Refusal, saying what it is, unless it is a dict with text keys that JSON can say."""
    if not isinstance(result, dict):
        raise Refusal(f"main must return a dict, but returned {type(result).__name__}")
    entries = cast("dict[object, object]", result)
    for key in entries:
        if not isinstance(key, str):
            raise Refusal(f"main must return a dict with text keys, but one key is {key!r} ({type(key).__name__})")
    try:
        encoded = json.dumps(entries, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError:
        raise Refusal("the result holds text that is not valid Unicode (a lone surrogate)") from None
    except RecursionError:
        raise Refusal("the result is nested too deeply") from None
    except (TypeError, ValueError) as problem:
        raise Refusal(f"the result cannot be written as JSON: {problem}") from None
    if len(encoded) > limit:
        raise Refusal(f"the result has {len(encoded):,} bytes as JSON, more than the limit of {limit:,}")
    return encoded


def describe(problem: BaseException, code: str) -> str:
    """What the author needs to see: the code's own frames (the last few), then type and message."""
    lines: list[str] = []
    frames = _own_frames(problem.__traceback__)
    source = code.splitlines()
    if frames:
        lines.append("Traceback (most recent call last):")
    if len(frames) > _SHOWN_FRAMES:
        lines.append(f"  ... {len(frames) - _SHOWN_FRAMES} earlier calls")
    for line, function in frames[-_SHOWN_FRAMES:]:
        lines.append(f'  File "{FILE_NAME}", line {line}, in {function}')
        if 0 < line <= len(source):
            lines.append(f"    {source[line - 1].strip()}")
    lines += "".join(traceback.format_exception_only(problem)).rstrip("\n").split("\n")
    if isinstance(problem, SystemExit):
        lines.append("(the code ended itself; return a result from main instead)")
    if isinstance(problem, OSError):
        lines.append(f"({_REFUSED})")
    return "\n".join(lines)


def _own_frames(position: TracebackType | None) -> list[tuple[int, str]]:
    frames: list[tuple[int, str]] = []
    while position is not None:
        if position.tb_frame.f_code.co_filename == FILE_NAME:
            frames.append((position.tb_lineno, position.tb_frame.f_code.co_name))
        position = position.tb_next
    return frames


def write_frame(fd: int, kind: bytes, payload: bytes) -> None:
    remaining = memoryview(HEADER.pack(kind, len(payload)) + payload)
    while remaining:
        remaining = remaining[os.write(fd, remaining) :]


def read_exactly(fd: int, count: int) -> bytes:
    """`count` bytes, or EOFError."""
    pieces: list[bytes] = []
    while count:
        piece = os.read(fd, min(count, 1 << 20))
        if not piece:
            raise EOFError
        pieces.append(piece)
        count -= len(piece)
    return b"".join(pieces)

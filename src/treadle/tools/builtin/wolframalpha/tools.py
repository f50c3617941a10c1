"""Answers of Wolfram|Alpha (https://products.wolframalpha.com/api/documentation)."""

from collections.abc import AsyncIterator

import msgspec

from treadle.engine.errors import ToolCredentialsError, ToolInvokeError
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask
from treadle.tools.messages import Message, Text


class _Subpod(msgspec.Struct):
    plaintext: str = ""


class _Pod(msgspec.Struct):
    title: str = ""
    primary: bool = False
    subpods: list[_Subpod] = []

    @property
    def text(self) -> str:
        return "\n".join(subpod.plaintext for subpod in self.subpods if subpod.plaintext)


class _Error(msgspec.Struct):
    code: str = ""
    msg: str = ""


class _Result(msgspec.Struct):
    success: bool
    error: _Error | bool = False
    pods: list[_Pod] = []


class _Answer(msgspec.Struct):
    queryresult: _Result


async def wolframalpha(call: Call) -> AsyncIterator[Message]:
    question = call.required("query")
    query = {"appid": call.credential("appid"), "input": question, "output": "json", "format": "plaintext"}
    result = (await ask(call, _Answer, "GET", call.urls["api"], query=query)).queryresult
    if isinstance(result.error, _Error):
        if result.error.code in ("1", "2"):
            raise ToolCredentialsError("Wolfram|Alpha refused the app id; check it in the tool's settings.")
        raise ToolInvokeError(f"Wolfram|Alpha failed: {result.error.msg}.")
    pods = [pod for pod in result.pods if pod.primary and pod.text]
    pods = pods or [pod for pod in result.pods if pod.text and not pod.title.startswith("Input")]
    text = "\n\n".join(pod.text if len(pods) == 1 else f"{pod.title}:\n{pod.text}" for pod in pods)
    yield Text(text or "Wolfram|Alpha does not understand this; ask in other words.")

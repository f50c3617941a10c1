"""The rounds of an agent app, for its stream and its history (spec models-and-tools §3.5, service-api §4.3)."""

import json
import time
from collections.abc import Mapping, Sequence
from uuid import uuid4

import msgspec

from treadle.engine.events import AgentThought, AnswerFile
from treadle.engine.node import NodeContext
from treadle.engine.ports import ToolLog
from treadle.engine.values import File, JsonValue, plain

from .rounds import Call, Round, Speech


class Thoughts:
    """Tells each round as a thought that fills up: at its first word, after the model, after the tools."""

    def __init__(self, ctx: NodeContext) -> None:
        self._ctx = ctx
        self._thought = AgentThought(id="", position=0)
        self._told = False
        self._said = ""
        self.speech = Speech()
        self.files: list[File] = []

    def begin(self, round: Round) -> None:
        self.speech.new_round()
        self._thought = AgentThought(id=str(uuid4()), position=round.number, at=time.time())
        self._told = False
        self._said = ""

    def say(self, round: Round, text: str) -> None:
        self._open()
        self._said += text
        self._ctx.stream("text", self.speech.add(text))

    def asked(self, round: Round) -> None:
        self._open()
        self._attach(round.files)
        calls = {call.key: call for call in round.calls}
        self._tell(
            thought=round.thought,
            answer=round.answer,
            usage=round.usage,
            tool=";".join(calls),
            tool_labels={key: _label(call) for key, call in calls.items()},
            tool_input=_json({key: call.arguments for key, call in calls.items()}) if calls else "",
        )

    def calling(self, round: Round, call: Call) -> None:
        pass

    def log(self, round: Round, call: Call, entry: ToolLog) -> None:
        pass

    def called(self, round: Round, call: Call) -> None:
        if call.result is not None:
            self._attach(call.result.files)

    def end(self, round: Round) -> None:
        usage = round.usage
        for call in round.calls:
            if call.result is not None:
                usage += call.result.usage
        self._tell(
            observation=_json({call.key: call.result.text if call.result else "" for call in round.calls}),
            tool_meta={call.key: _meta(call) for call in round.calls},
            usage=usage,
        )

    def fail(self, round: Round, error: BaseException) -> None:
        if self._said:
            self._tell(thought=self._said)

    def _open(self) -> None:
        """Announce the round, still empty."""
        if not self._told:
            self._tell()

    def _tell(self, **known: object) -> None:
        self._told = True
        self._thought = msgspec.structs.replace(self._thought, **known)
        self._ctx.think(self._thought)

    def _attach(self, files: Sequence[File]) -> None:
        for file in files:
            self.files.append(file)
            self._ctx.attach(AnswerFile(file.related_id or file.id or file.url or "", file))
        if files:
            self._thought = msgspec.structs.replace(self._thought, files=(*self._thought.files, *files))


def _label(call: Call) -> JsonValue:
    """The tool's label in the two languages that clients read."""
    label = call.offered.label if call.offered else dict[str, str]()
    english = label.get("en_US") or call.name
    return {**label, "en_US": english, "zh_Hans": label.get("zh_Hans") or english}


def _meta(call: Call) -> JsonValue:
    """What logs show of a call: the tool behind its key, how long it took and how it was set up."""
    offered, result = call.offered, call.result
    config: dict[str, JsonValue] = {}
    if offered is not None:
        config = {
            "tool_provider_type": offered.provider_type,
            "tool_provider": offered.provider,
            "tool_parameters": plain(dict(offered.fixed)),
            "tool_icon": offered.icon,
        }
    return {
        "tool": call.name,
        "call_id": call.id,
        "time_cost": round(call.ended - call.began, 6),
        "error": result.error if result else None,
        "tool_config": config,
    }


def _json(values: Mapping[str, JsonValue]) -> str:
    return json.dumps(values, ensure_ascii=False)

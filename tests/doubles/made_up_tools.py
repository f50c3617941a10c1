"""Tools that exist under any name and answer whatever they are asked: for apps whose tools live elsewhere."""

from collections.abc import AsyncIterator, Sequence

from treadle.engine.ports import Tool, ToolParameter, ToolRef
from treadle.engine.values import JsonValue
from treadle.tools.messages import Json, Message, Text
from treadle.tools.sources import Caller, ToolCall, ToolWorld


class MadeUpTools:
    """Implements `tools.sources.ToolSource`. Each call answers with the tool's name and what it was given.

    A tool takes the parameters that its node names: `describe` reads those of a file before it runs.
    """

    def __init__(self) -> None:
        self.calls: list[ToolCall] = []
        self._parameters: dict[str, Sequence[ToolParameter]] = {}
        self._answers: dict[str, Sequence[Message]] = {}

    def answer(self, tool_name: str, *messages: Message) -> None:
        """Say what a tool answers."""
        self._answers[tool_name] = messages

    def describe(self, tool_name: str, names: Sequence[str]) -> None:
        """Say what a tool takes."""
        known = {parameter.name: parameter for parameter in self._parameters.get(tool_name, ())}
        known.update({name: ToolParameter(name=name) for name in names})
        self._parameters[tool_name] = list(known.values())

    async def find(self, caller: Caller, world: ToolWorld, ref: ToolRef) -> Tool:
        return Tool(
            ref=ref,
            name=ref.tool_name,
            description=f"The tool {ref.tool_name}.",
            parameters=tuple(self._parameters.get(ref.tool_name, ())),
        )

    async def invoke(self, call: ToolCall) -> AsyncIterator[Message]:
        self.calls.append(call)
        given: JsonValue = {name: str(value) for name, value in call.parameters.items() if value is not None}
        usual = (Text(f"{call.tool.name} says hello"), Json({"tool": call.tool.name, "given": given}))
        for message in self._answers.get(call.tool.name, usual):
            yield message

"""The prompts of a ReAct agent (spec models-and-tools §3.4)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from treadle.engine.ports import Message, Part, ToolSpec
from treadle.engine.values import JsonValue

from .assignment import without_media

_RULES: Final = """{{instruction}}

You work step by step, and you can use these tools:

{{tools}}

Each step is a thought, followed by exactly one action. An action is a JSON object in a code fence with two members:
"action", one of {{tool_names}} or "Final Answer", and "action_input", an object of the tool's arguments. Like this:

```
{"action": "<name of a tool>", "action_input": {"<argument>": "<value>"}}
```

A conversation runs in this order:

Question: what the user wants
Thought: what is known, and what is missing
Action:
```
{"action": "<name of a tool>", "action_input": {}}
```
Observation: what the tool gave; it is written for you, never write it yourself
(Thought, Action and Observation repeat as often as needed.)
Thought: I know the answer
Action:
```
{"action": "Final Answer", "action_input": "<the whole answer for the user>"}
```

Always end with the action "Final Answer", also when no tool is needed. Write the answer in the language of the user.
"""

CHAT_PROMPT: Final = _RULES
"""For chat models: the system message."""

COMPLETION_PROMPT: Final = (
    _RULES
    + """
The conversation so far:
{{historic_messages}}

Question: {{query}}
{{agent_scratchpad}}
Thought:"""
)
"""For completion models: the whole prompt."""

GO_ON: Final = "Go on with the next thought and action."
"""What a chat model reads after each observation."""
_ANSWER_NOW: Final = 'No round is left for tools. Give the action "Final Answer" now, from what is known.'


@dataclass(slots=True)
class Step:
    """A round as the next one reads it."""

    thought: str
    action: str
    arguments: JsonValue
    observation: str

    def text(self) -> str:
        """The lines of the scratchpad."""
        written = json.dumps({"action": self.action, "action_input": self.arguments}, ensure_ascii=False)
        return f"Thought: {self.thought}\nAction:\n```\n{written}\n```\nObservation: {self.observation}\n\n"


@dataclass(slots=True)
class ReActPrompt:
    """What the model is sent in each round.

    `history` and `question` are messages of a chat model. A completion model reads `past` and `query` instead.
    """

    template: str
    instruction: str
    completion: bool = False
    history: list[Message] = field(default_factory=list[Message])
    question: Message | None = None
    past: str = ""
    query: str = ""

    def messages(self, tools: Sequence[ToolSpec], steps: Sequence[Step], *, last: bool) -> list[Message]:
        """The prompt of a round. `steps` are those before; `last`: no tool may be called any more."""
        scratchpad = "".join(step.text() for step in steps)
        frame = self._filled(self.template, tools, scratchpad)
        if self.completion:
            if last and scratchpad:
                frame = f"{frame}\n({_ANSWER_NOW})\nThought:"
            return [Message(role="user", content=self._with_files(frame))]
        system = [Message(role="system", content=frame)] if frame.strip() else []
        question = [self.question] if self.question else []
        if not scratchpad:
            return [*system, *self.history, *question]
        question = [without_media(message) for message in question]
        trail = [
            Message(role="assistant", content=scratchpad.rstrip()),
            Message(role="user", content=_ANSWER_NOW if last else GO_ON),
        ]
        return [*system, *self.history, *question, *trail]

    def _filled(self, template: str, tools: Sequence[ToolSpec], scratchpad: str) -> str:
        """The template with its placeholders filled, once: those inside of values stay as they are."""
        declared = [
            {"name": tool.name, "description": tool.description, "parameters": tool.parameters} for tool in tools
        ]
        values = {
            "instruction": self.instruction,
            "tools": json.dumps(declared, ensure_ascii=False),
            "tool_names": ", ".join(tool.name for tool in tools),
            "historic_messages": self.past,
            "agent_scratchpad": scratchpad.rstrip(),
            "query": self.query,
        }
        return _fill_once(template, values)

    def _with_files(self, text: str) -> str | tuple[Part, ...]:
        """The files of the question beside a completion prompt."""
        if self.question is None or isinstance(self.question.content, str):
            return text
        files = tuple(part for part in self.question.content if part.type != "text")
        return (*files, Part(type="text", text=text)) if files else text


def _fill_once(template: str, values: Mapping[str, str]) -> str:
    pieces = template.split("{{")
    filled = [pieces[0]]
    for piece in pieces[1:]:
        name, mark, rest = piece.partition("}}")
        filled.append(values[name] + rest if mark and name in values else "{{" + piece)
    return "".join(filled)

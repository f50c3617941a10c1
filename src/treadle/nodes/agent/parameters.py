"""The parameters of an agent node, as its strategy gets them (spec workflow-nodes §22 "Evaluation").

Templates are expanded in each text of a value; the reference expands the JSON of the whole, which a quotation mark in a
variable breaks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from treadle.engine.errors import AgentNodeError
from treadle.engine.pool import VariablePool
from treadle.engine.ports import ModelRef, ToolRef
from treadle.engine.template import Template, render_text
from treadle.engine.values import JsonValue, Value, plain, to_text
from treadle.nodes.config import JsonField, NodeConfig, as_value
from treadle.nodes.prompt import require

from .belt import ToolChoice

_KINDS = ("variable", "mixed", "constant")
_MOST_ROUNDS = 500
_LOGGED = ("model", "instruction", "query", "maximum_iterations", "context", "files", "allowed_tools")


class AgentParameter(NodeConfig):
    """Where the value of a parameter comes from: `variable`, or a `constant` or `mixed` value with references in it."""

    type: str = "constant"
    value: JsonField = None


@dataclass(frozen=True, slots=True)
class ChosenModel:
    """The model of an agent, and how it is called."""

    model: ModelRef
    parameters: dict[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    stop: tuple[str, ...] = ()


class AgentParameters:
    """The parameters of one execution, read when they are asked for."""

    def __init__(self, given: Mapping[str, AgentParameter], pool: VariablePool) -> None:
        self._given = given
        self._pool = pool

    def value(self, name: str) -> Value:
        """The value; null when it is not set. Raises VariableNotFoundError."""
        parameter = self._given.get(name)
        if parameter is None:
            return None
        return _evaluated(self._pool, parameter.type, parameter.value)

    def logged(self) -> dict[str, Value]:
        """The parameters that a strategy knows but the tools, for the log. Raises VariableNotFoundError."""
        return {name: self.value(name) for name in _LOGGED if name in self._given}

    def text(self, name: str) -> str:
        """The value as text."""
        return to_text(self.value(name))

    def required_text(self, name: str) -> str:
        """Raises AgentNodeError when the parameter is not set."""
        if self.value(name) is None:
            raise AgentNodeError(f'The agent node has no "{name}"; fill it in.')
        return self.text(name)

    def rounds(self, default: int = 3) -> int:
        """`maximum_iterations`, from 1 to 500. Raises AgentNodeError for what is no number."""
        value = self.value("maximum_iterations")
        if value is None or value == "":
            return default
        try:
            number = int(float(value)) if isinstance(value, (str, int, float)) else None
        except (ValueError, OverflowError):
            number = None
        if number is None:
            raise AgentNodeError('"maximum_iterations" of the agent node is no number.')
        return max(1, min(number, _MOST_ROUNDS))

    def model(self, name: str = "model") -> ChosenModel:
        """The model. Raises AgentNodeError when none is chosen."""
        chosen = self.value(name)
        if not isinstance(chosen, dict) or not chosen.get("model"):
            raise AgentNodeError("The agent node has no model; choose one.")
        given = chosen.get("completion_params")
        parameters = {str(name): plain(value) for name, value in given.items()} if isinstance(given, dict) else {}
        stop = parameters.pop("stop", None)
        return ChosenModel(
            ModelRef(to_text(chosen.get("provider")), to_text(chosen["model"]), to_text(chosen.get("mode")) or "chat"),
            parameters,
            tuple(str(word) for word in stop) if isinstance(stop, list) else (stop,) if isinstance(stop, str) else (),
        )

    def tools(self, name: str = "tools") -> list[ToolChoice]:
        """The tools that are switched on. Raises VariableNotFoundError, and AgentNodeError for what names no tool."""
        parameter = self._given.get(name)
        if parameter is None:
            return []
        if parameter.type == "variable":
            listed = plain(_evaluated(self._pool, parameter.type, parameter.value))
        else:
            listed = parameter.value
        entries = listed if isinstance(listed, list) else []
        return [
            self._tool(entry) for entry in entries if isinstance(entry, dict) and entry.get("enabled", False) is True
        ]

    def names(self, name: str) -> list[str] | None:
        """A list of texts; None when it is not set."""
        value = self.value(name)
        if value is None or value == "" or value == []:
            return None
        items = value if isinstance(value, list) else [value]
        return [to_text(item) for item in items]

    def _tool(self, entry: Mapping[str, JsonValue]) -> ToolChoice:
        name = self._word(entry, "tool_name")
        if not name:
            raise AgentNodeError("A tool of the agent node has no name; choose it again.")
        extra = entry.get("extra")
        description = self._word(extra, "description") if isinstance(extra, dict) else ""
        ref = ToolRef(
            provider_type=self._word(entry, "type") or "builtin",
            provider_id=self._word(entry, "provider_name") or self._word(entry, "provider_id"),
            tool_name=name,
            credential_id=self._word(entry, "credential_id") or None,
        )
        fixed = {**self._settings(entry.get("settings")), **self._fixed(entry)}
        return ToolChoice(ref, fixed=fixed, description=description)

    def _word(self, entry: Mapping[str, JsonValue], name: str) -> str:
        value = entry.get(name)
        return render_text(value, self._pool) if isinstance(value, str) else ""

    def _settings(self, settings: JsonValue) -> dict[str, Value]:
        """The values of the tool's own settings, those without a value left out."""
        if not isinstance(settings, dict):
            return {}
        values = {name: self._setting(entry) for name, entry in settings.items()}
        return {name: value for name, value in values.items() if value is not None}

    def _setting(self, entry: JsonValue) -> Value:
        if isinstance(entry, dict) and "value" in entry and not _is_binding(entry):
            entry = entry["value"]
        return self._bound(entry)

    def _fixed(self, entry: Mapping[str, JsonValue]) -> dict[str, Value]:
        """The parameters that the model does not give, with their values."""
        parameters = entry.get("parameters")
        fixed: dict[str, Value] = {}
        for name, given in parameters.items() if isinstance(parameters, dict) else ():
            if isinstance(given, dict) and ("auto" in given or "value" in given):
                if _is_off(given.get("auto", 1)):
                    fixed[name] = self._bound(given.get("value"))
            elif given is not None and given != "":
                # Older files hold bare values. An empty text is what their editor wrote for "not filled in".
                fixed[name] = self._bound(given)
        return fixed

    def _bound(self, entry: JsonValue) -> Value:
        """A value, or `{type, value}` that says where it comes from."""
        if isinstance(entry, dict) and _is_binding(entry):
            return _evaluated(self._pool, str(entry["type"]), entry.get("value"))
        return _expanded(self._pool, entry)


def _is_binding(entry: JsonValue) -> bool:
    return isinstance(entry, dict) and entry.get("type") in _KINDS and "value" in entry


def _is_off(auto: JsonValue) -> bool:
    return auto in (0, "0", False)


def _evaluated(pool: VariablePool, kind: str, value: JsonValue) -> Value:
    if kind != "variable":
        return _expanded(pool, value)
    if isinstance(value, str):
        value = list[JsonValue](value.split("."))
    selector = tuple(str(part) for part in value) if isinstance(value, list) else ()
    return require(pool, selector)


def _expanded(pool: VariablePool, value: JsonValue) -> Value:
    """`value` with the references in its texts replaced. A text that is one reference to a list, an object or a file
    becomes that value itself."""
    match value:
        case str():
            return _expanded_text(pool, value)
        case list():
            return [_expanded(pool, item) for item in value]
        case dict():
            return {key: _expanded(pool, item) for key, item in value.items()}
        case _:
            return as_value(value)


def _expanded_text(pool: VariablePool, text: str) -> Value:
    if "{{#" not in text:
        return text
    template = Template.parse(text.strip())
    if len(template.parts) == 1 and template.selectors:
        whole = pool.get(template.selectors[0])
        if not isinstance(whole, (str, int, float)) and whole:
            return whole
    return render_text(text, pool)

"""The parameters of a workflow that is a tool: those of its start form, in the words of who made the tool.

Source: spec models-and-tools §4.5, workflow-engine §23.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from pydantic import BaseModel, TypeAdapter

from treadle.engine.ports import ToolOption, ToolParameter
from treadle.engine.values import JsonValue
from treadle.nodes.inputs import InputVariable
from treadle.platform.refusals import InvalidParam

SYSTEM_FILES: Final = "__files"
"""The parameter for files that are sent beside the inputs."""

_TYPES: Final = {
    "text-input": "string",
    "paragraph": "string",
    "external_data_tool": "string",
    "select": "select",
    "number": "number",
    "checkbox": "boolean",
    "json_object": "object",
    "file": "file",
    "file-list": "files",
}
_JSON_TYPES: Final = {
    "string": "string",
    "secret": "string",
    "number": "number",
    "integer": "integer",
    "float": "number",
    "boolean": "boolean",
    "object": "object",
    "file": "object",
}


class DeclaredParameter(BaseModel):
    """What the maker of a tool says of one parameter. `form`: who gives it, the model or the builder."""

    name: str
    description: str = ""
    form: Literal["llm", "form"] = "llm"


class PinnedForm(BaseModel):
    """The form of the version that a tool is bound to."""

    variables: tuple[InputVariable, ...] = ()
    takes_files: bool = False


DECLARED: Final = TypeAdapter(tuple[DeclaredParameter, ...])


def declared_for(form: PinnedForm) -> tuple[DeclaredParameter, ...]:
    """What a person would declare who leaves everything to the model."""
    return tuple(DeclaredParameter(name=each.variable, description=each.description) for each in form.variables)


def check_declared(declared: Sequence[DeclaredParameter], form: PinnedForm) -> None:
    """The parameters of a tool must be those of the form, and one for files where the workflow takes some.

    Raises InvalidParam naming what differs.
    """
    expected = {variable.variable for variable in form.variables}
    given = [parameter.name for parameter in declared]
    if missing := sorted(expected - set(given)):
        raise InvalidParam(
            f"The workflow asks for {', '.join(missing)}, which the tool lacks; open the tool and save it again.",
            param="parameters",
        )
    unknown = sorted(set(given) - expected)
    if len(unknown) > form.takes_files:
        raise InvalidParam(
            f"The published workflow does not ask for {', '.join(unknown)}; publish it again, or leave them out.",
            param="parameters",
        )
    if len(given) != len(set(given)):
        raise InvalidParam("Several parameters of the tool have one name; keep one of them.", param="parameters")


def parameters_of(declared: Sequence[DeclaredParameter], form: PinnedForm) -> tuple[ToolParameter, ...]:
    """The parameters of the tool, in the order of the form."""
    said = {parameter.name: parameter for parameter in declared}
    parameters = [_parameter(variable, said.get(variable.variable)) for variable in form.variables]
    if form.takes_files:
        names = {variable.variable for variable in form.variables}
        files = next((each for each in declared if each.name not in names), DeclaredParameter(name=SYSTEM_FILES))
        words = files.description or "Files to work on."
        parameters.append(
            ToolParameter(
                name=files.name,
                type="system-files",
                form=files.form,
                label={"en_US": "Files", "zh_Hans": "文件"},
                llm_description=words,
                human_description={"en_US": words, "zh_Hans": words},
            )
        )
    return tuple(parameters)


def _parameter(variable: InputVariable, said: DeclaredParameter | None) -> ToolParameter:
    description = (said.description if said else "") or variable.description or variable.label
    label = variable.label or variable.variable
    return ToolParameter(
        name=variable.variable,
        type=_TYPES[variable.type],
        form=said.form if said else "llm",
        required=variable.required,
        default=variable.default,
        options=tuple(ToolOption(value=option) for option in variable.options) if variable.type == "select" else (),
        label={"en_US": label, "zh_Hans": label},
        llm_description=description,
        human_description={"en_US": description, "zh_Hans": description},
    )


def outputs_schema(outputs: Mapping[str, str]) -> dict[str, JsonValue]:
    """JSON Schema of what the tool gives."""
    return {"type": "object", "properties": {name: _property(kind) for name, kind in outputs.items()}}


def _property(kind: str) -> JsonValue:
    kind = kind.lower()
    if kind.startswith("array"):
        inner = kind.removeprefix("array").strip("[]")
        items: JsonValue = {"type": _JSON_TYPES[inner]} if inner in _JSON_TYPES else {}
        return {"type": "array", "items": items}
    return {"type": _JSON_TYPES[kind]} if kind in _JSON_TYPES else {}

"""The human-input node: a form that waits for a person (workflow-nodes §26).

At its first visit it opens a form and pauses the run; when the form was filled or has expired it runs again, with the
answer. Nodes written for the first version have no form: they wait until variables exist.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from pydantic import Field, field_validator

from treadle.engine.errors import GraphProblem
from treadle.engine.node import SOURCE, NodeContext, NodePaused, NodeResult, NodeType
from treadle.engine.pool import VariablePool
from treadle.engine.ports import EmailDelivery, FormAction, FormInput, FormRequest
from treadle.engine.template import Template
from treadle.engine.values import File, JsonValue, Missing, Value, plain, revive, to_markdown, to_text

from .about import NodeAbout, Output, OutputsFrom, Words
from .config import JsonField, NodeConfig, SelectorField, TemplateField, as_value, empty_template, load

REQUIRED: Final = "human_input_required"
"""The `type` of the reason for which a run with an open form pauses."""

TIMEOUT: Final = "__timeout"
"""The handle that is taken when nobody answered in time."""

ACTION_ID, ACTION_VALUE, RENDERED = "__action_id", "__action_value", "__rendered_content"

_ACTION = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,19}")
_MARKER = re.compile(r"\{\{#\$outputs?\.([A-Za-z_][A-Za-z0-9_]*)#\}\}")
_HOUR = 3600
_SECONDS = {"hour": _HOUR, "day": 24 * _HOUR}


class Source(NodeConfig):
    """A value written down, or a variable to take it from."""

    type: Literal["variable", "constant"] = "constant"
    selector: SelectorField = ()
    value: JsonField = None

    @field_validator("selector", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return value or ()

    def resolve(self, pool: VariablePool) -> Value:
        """The value; null for a variable that does not exist."""
        if self.type == "constant":
            return as_value(self.value)
        value = pool.get(self.selector)
        return None if isinstance(value, Missing) else value


class Question(NodeConfig):
    """A field of the form."""

    type: Literal["paragraph", "text_input", "select", "file", "file-list"] = "paragraph"
    output_variable_name: str = Field(min_length=1)
    default: Source | None = None
    placeholder: Source | None = None
    option_source: Source | None = None
    allowed_file_types: tuple[str, ...] = ()
    allowed_file_extensions: tuple[str, ...] = ()
    allowed_file_upload_methods: tuple[str, ...] = ()
    number_limits: int | None = None


class Action(NodeConfig):
    """A button of the form."""

    id: str
    title: str = Field(max_length=100)
    button_style: Literal["primary", "default", "accent", "ghost"] = "default"

    @field_validator("id")
    @classmethod
    def _is_name(cls, value: str) -> str:
        if not _ACTION.fullmatch(value):
            raise ValueError(f'"{value}" cannot be the id of an action; use up to 20 letters, digits and _')
        return value


class Recipient(NodeConfig):
    """Somebody who gets the form by mail."""

    type: Literal["member", "external"]
    user_id: str = ""
    email: str = ""


class Recipients(NodeConfig):
    whole_workspace: bool = False
    items: tuple[Recipient, ...] = ()


class MailConfig(NodeConfig):
    recipients: Recipients = Recipients()
    subject: TemplateField = Field(default_factory=empty_template)
    body: TemplateField = Field(default_factory=empty_template)
    debug_mode: bool = False


class DeliveryMethod(NodeConfig):
    """A way in which the form reaches somebody."""

    type: str
    enabled: bool = True
    config: MailConfig = Field(default_factory=MailConfig)


class HumanInputConfig(NodeConfig):
    """What is asked, by which buttons it is answered, and whom it reaches."""

    delivery_methods: tuple[DeliveryMethod, ...] = ()
    form_content: TemplateField = Field(default_factory=empty_template)
    inputs: tuple[Question, ...] = ()
    user_actions: tuple[Action, ...] = ()
    timeout: int = Field(default=36, ge=1)
    timeout_unit: Literal["hour", "day"] = "hour"


class FirstVersion(NodeConfig):
    """A node of the first version: it waits until all `required_variables` exist, for ever without any."""

    required_variables: tuple[str, ...] = ()
    pause_reason: str = ""
    default_value: JsonField = None


@dataclass(frozen=True, slots=True)
class _Ready:
    form: HumanInputConfig | None
    first_version: FirstVersion | None


def read(data: Mapping[str, JsonValue]) -> _Ready:
    """Raises GraphProblem for a form that nobody could get or answer."""
    if "required_variables" in data and not data.get("user_actions"):
        return _Ready(None, load(FirstVersion, data))
    config = load(HumanInputConfig, data)
    if not any(method.enabled and method.type in ("webapp", "email") for method in config.delivery_methods):
        raise GraphProblem("No way of delivery is switched on; choose the web app or mail.", field="delivery_methods")
    for position, method in enumerate(config.delivery_methods):
        recipients = method.config.recipients
        if method.enabled and method.type == "email" and not (recipients.whole_workspace or recipients.items):
            raise GraphProblem("The mail has no recipient.", field=f"delivery_methods[{position}].config.recipients")
    if not config.user_actions:
        raise GraphProblem("The form has no button to answer with.", field="user_actions")
    _unique([action.id for action in config.user_actions], "user_actions", "action")
    _unique([question.output_variable_name for question in config.inputs], "inputs", "field")
    return _Ready(config, None)


def _unique(names: Sequence[str], field: str, what: str) -> None:
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated is not None:
        raise GraphProblem(f'Two {what}s are called "{repeated}".', field=field)


async def run(ctx: NodeContext, ready: _Ready) -> NodeResult:
    """Raises NodePaused until there is an answer."""
    if ready.first_version is not None:
        return _when_known(ctx, ready.first_version)
    assert ready.form is not None
    if ctx.answer is not None:
        return _answered(ready.form, ctx.answer)
    request = _request(ctx, ready.form)
    opened = await ctx.ports.forms.open(request)
    raise NodePaused(
        {
            "type": REQUIRED,
            "form_id": opened.id,
            "form_content": request.content,
            "inputs": [input_map(each) for each in request.inputs],
            "actions": [action_map(each) for each in request.actions],
            "display_in_ui": opened.shown,
            "resolved_default_values": dict(request.defaults),
            "expiration_time": opened.expires_at,
        }
    )


def input_map(form_input: FormInput) -> JsonValue:
    """A field as clients read it (service-api §3.15)."""
    source: JsonValue = {"type": "constant", "selector": [], "value": [*form_input.options]}
    default: JsonValue = {"type": "constant", "selector": [], "value": form_input.default}
    shown: dict[str, JsonValue] = {"type": form_input.type, "output_variable_name": form_input.name}
    match form_input.type:
        case "paragraph":
            shown["default"] = default
        case "select":
            shown |= {"option_source": source, "default": default}
        case "file" | "file-list":
            shown |= {
                "allowed_file_types": [*form_input.allowed_file_types],
                "allowed_file_extensions": [*form_input.allowed_file_extensions],
                "allowed_file_upload_methods": [*form_input.allowed_file_upload_methods],
            }
            if form_input.type == "file-list":
                shown["number_limits"] = form_input.number_limits
    return shown


def action_map(action: FormAction) -> JsonValue:
    """A button as clients read it."""
    return {"id": action.id, "title": action.title, "button_style": action.button_style}


def filled_in(content: str, values: Mapping[str, Value]) -> str:
    """The text of a form with what was entered in the place of its fields."""
    return _MARKER.sub(lambda marker: _shown(values.get(marker[1])), content)


def _shown(value: Value) -> str:
    match value:
        case File():
            return "[file]"
        case list():
            return f"[{len(value)} files]"
        case _:
            return to_text(value)


def _request(ctx: NodeContext, config: HumanInputConfig) -> FormRequest:
    defaults: dict[str, str] = {}
    inputs: list[FormInput] = []
    for question in config.inputs:
        source = question.default or question.placeholder
        default = plain(source.resolve(ctx.pool)) if source is not None else None
        if default is not None and not isinstance(default, str):
            default = to_text(as_value(default))
        if source is not None and source.type == "variable":
            defaults[question.output_variable_name] = default or ""
        inputs.append(
            FormInput(
                type="paragraph" if question.type == "text_input" else question.type,
                name=question.output_variable_name,
                default=default or "",
                options=_options(question, ctx.pool),
                allowed_file_types=question.allowed_file_types,
                allowed_file_extensions=question.allowed_file_extensions,
                allowed_file_upload_methods=question.allowed_file_upload_methods,
                number_limits=question.number_limits,
            )
        )
    enabled = [method for method in config.delivery_methods if method.enabled]
    return FormRequest(
        key=ctx.key,
        title=ctx.title,
        content=_content(config.form_content, ctx.pool),
        inputs=tuple(inputs),
        actions=tuple(FormAction(each.id, each.title, each.button_style) for each in config.user_actions),
        defaults=defaults,
        seconds=config.timeout * _SECONDS[config.timeout_unit],
        on_page=any(method.type == "webapp" for method in enabled),
        mails=tuple(_mail(method.config, ctx.pool) for method in enabled if method.type == "email"),
    )


def _content(template: Template, pool: VariablePool) -> str:
    """The text with its variables; one whose value looks like a field of the form does not become one."""
    return "".join(
        part if isinstance(part, str) else to_markdown(pool.get(part)).replace("{{#$", "{{#\u200b$")
        for part in template.parts
    )


def _options(question: Question, pool: VariablePool) -> tuple[str, ...]:
    if question.type != "select" or question.option_source is None:
        return ()
    options = question.option_source.resolve(pool)
    return tuple(to_text(option) for option in options) if isinstance(options, list) else ()


def _mail(config: MailConfig, pool: VariablePool) -> EmailDelivery:
    return EmailDelivery(
        whole_workspace=config.recipients.whole_workspace,
        member_ids=tuple(each.user_id for each in config.recipients.items if each.type == "member"),
        addresses=tuple(each.email for each in config.recipients.items if each.type == "external"),
        subject=config.subject.text(pool),
        body=config.body.text(pool),
        only_to_tester=config.debug_mode,
    )


def _answered(config: HumanInputConfig, answer: Mapping[str, JsonValue]) -> NodeResult:
    content = str(answer.get("content", ""))
    entered = revive(answer.get("inputs", {}))
    values = entered if isinstance(entered, dict) else {}
    process_data: dict[str, Value] = {"expiration_time": as_value(answer.get("expiration_time"))}
    action_id = answer.get("action")
    action = next((each for each in config.user_actions if each.id == action_id), None)
    if action is None:
        return NodeResult(outputs={RENDERED: filled_in(content, {})}, process_data=process_data, handle=TIMEOUT)
    outputs: dict[str, Value] = {each.output_variable_name: None for each in config.inputs}
    outputs |= {name: value for name, value in values.items() if name in outputs}
    outputs |= {ACTION_ID: action.id, ACTION_VALUE: action.title, RENDERED: filled_in(content, values)}
    return NodeResult(outputs=outputs, process_data=process_data, handle=action.id)


def _when_known(ctx: NodeContext, config: FirstVersion) -> NodeResult:
    given = revive(ctx.answer) if ctx.answer is not None else None
    outputs = dict(given) if isinstance(given, dict) else {}
    selectors = [tuple(variable.split(".")) for variable in config.required_variables]
    known = bool(selectors) and not any(isinstance(ctx.pool.get(selector), Missing) for selector in selectors)
    if not known and given is None:
        raise NodePaused({"type": "required_variables", "message": config.pause_reason})
    defaults = config.default_value if isinstance(config.default_value, dict) else {}
    branch = outputs.get("selected_branch", defaults.get("selected_branch"))
    return NodeResult(outputs=outputs, handle=branch if isinstance(branch, str) and branch else SOURCE)


HUMAN_INPUT = NodeType("human-input", load=read, run=run, branching=True)

ABOUT = NodeAbout(
    kind="human-input",
    family="io",
    icon="UserRoundCheck",
    title=Words("Human input", "人工介入", "人の入力"),
    description=Words(
        "Waits until a person fills in a form.", "等待人员填写表单。", "人がフォームに記入するまで待ちます。"
    ),
    outputs=(
        Output("__action_id", "string"),
        Output("__action_value", "string"),
        Output("__rendered_content", "string"),
    ),
    outputs_from=(OutputsFrom("inputs", "output_variable_name", "type"),),
)

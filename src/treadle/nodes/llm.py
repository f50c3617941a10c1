"""The LLM node: asks a model (workflow-nodes §4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, Field, PlainValidator, WithJsonSchema

from treadle.engine.errors import (
    MemoryRolePrefixRequiredError,
    NodeError,
    TemplateTypeNotSupportError,
)
from treadle.engine.node import NodeContext, NodeFailure, NodeResult, NodeType
from treadle.engine.pool import VariablePool
from treadle.engine.ports import ChatRequest, ModelProfile, ModelRef
from treadle.engine.values import File, JsonValue, Value, to_text

from .about import NodeAbout, Output, Words
from .config import Binding, JinjaField, JsonField, NodeConfig, SelectorField, as_value, load, plain_map
from .context import Context, context_of
from .limits import NodeLimits
from .media import selected_files
from .model_call import CallRecord, call_model
from .model_settings import MemoryConfig, ModelConfig, VisionConfig
from .prompt import (
    Draft,
    PromptRole,
    PromptText,
    add_files,
    drafts_of,
    history_text,
    logged_prompts,
    messages_of,
    require,
    within_budget,
)
from .structured_output import ask_for_object, parse_object

PromptTextField: TypeAlias = Annotated[
    PromptText,
    PlainValidator(lambda value: PromptText(value if isinstance(value, str) else str(value))),
    WithJsonSchema({"type": "string", "ui": "prompt"}),
]


def _empty_prompt() -> PromptText:
    return PromptText("")


class PromptTemplate(NodeConfig):
    """One message of the prompt. The edition `jinja2` takes its text from `jinja2_text`."""

    role: PromptRole = "user"
    text: PromptTextField = Field(default_factory=_empty_prompt)
    edition_type: str = ""
    jinja2_text: JinjaField | None = None


class PromptOptions(NodeConfig):
    """Variables of Jinja messages."""

    jinja2_variables: tuple[Binding, ...] = ()


class ContextOptions(NodeConfig):
    """What `{{#context#}}` stands for."""

    enabled: bool = False
    variable_selector: SelectorField = Field(default=(), json_schema_extra={"shown_if": {"enabled": True}})


class StructuredOutput(NodeConfig):
    """The schema of the object that the model is to give."""

    output_schema: dict[str, JsonField] | None = Field(
        default=None, validation_alias="schema", serialization_alias="schema", json_schema_extra={"ui": "json-schema"}
    )


def _as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]  # pyright: ignore[reportUnknownVariableType]


class LlmConfig(NodeConfig):
    """A list of messages is a prompt for a chat model, a single text one for a completion model."""

    model: ModelConfig = Field(json_schema_extra={"ui": "model"})
    prompt_template: Annotated[tuple[PromptTemplate, ...], BeforeValidator(_as_list)] = Field(
        json_schema_extra={"ui": "prompt-messages"}
    )
    prompt_config: PromptOptions = PromptOptions()
    memory: MemoryConfig | None = None
    context: ContextOptions = ContextOptions()
    vision: VisionConfig = VisionConfig()
    structured_output_enabled: bool = False
    structured_output: StructuredOutput = Field(
        default=StructuredOutput(), json_schema_extra={"shown_if": {"structured_output_enabled": True}}
    )
    reasoning_format: Literal["tagged", "separated"] = "tagged"


@dataclass(frozen=True, slots=True)
class Llm:
    """An LLM node ready to run."""

    config: LlmConfig
    is_completion: bool
    query: PromptText
    schema: dict[str, JsonValue] | None


def read(data: Mapping[str, JsonValue]) -> Llm:
    """Raises GraphProblem."""
    config = load(LlmConfig, data)
    schema = config.structured_output.output_schema if config.structured_output_enabled else None
    query = (config.memory.query_prompt_template if config.memory else "") or "{{#sys.query#}}"
    return Llm(config, isinstance(data.get("prompt_template"), dict), PromptText(query), schema or None)


async def run(limits: NodeLimits, ctx: NodeContext, node: Llm) -> NodeResult:
    """Raises what a missing variable, an unusable value or a failed call gives: see spec workflow-nodes §0.7."""
    model = node.config.model
    record = CallRecord(ModelRef(model.provider, model.name, model.mode))
    try:
        outputs = await _run(limits, ctx, node, record)
    except NodeError as error:
        raise NodeFailure(record.result({})) from error
    return record.result(outputs)


async def _run(limits: NodeLimits, ctx: NodeContext, node: Llm, record: CallRecord) -> dict[str, Value]:
    config, pool = node.config, ctx.pool
    asked = config.model.ref()
    jinja_values = _check_references(pool, node)
    files, context = _files_and_context(pool, config, record)
    if context.citations:
        ctx.cite(context.citations)
    model = record.model = await ctx.ports.models.resolve(asked)
    profile = await ctx.ports.models.profile(model)
    parameters = config.model.parameters()
    history = drafts_of(await ctx.ports.memory.turns(config.memory.window.limit())) if config.memory else []
    drafts = _Assembly(ctx, node, jinja_values, context, history, model, profile, parameters).messages()
    add_files(drafts, [*files, *(context.images if config.vision.enabled else ())])
    if node.schema:
        drafts = ask_for_object(node.schema, model=model, profile=profile, parameters=parameters, drafts=drafts)
    messages = await messages_of(
        drafts, profile=profile, files=ctx.ports.files, detail=config.vision.configs.detail, send_as=limits.media
    )
    record.prompts = logged_prompts(messages)
    reply, separated = record.reply, config.reasoning_format == "separated"
    user = to_text(pool.get(("sys", "user_id")))
    request = ChatRequest(
        model=model, messages=messages, parameters=parameters, stop=config.model.stop(), user=user or None
    )
    await call_model(ctx, request, reply, separated=separated)
    outputs: dict[str, Value] = {
        "text": reply.text,
        "reasoning_content": reply.reasoning,
        "usage": as_value(reply.usage.to_map()),
        "finish_reason": reply.finish_reason,
    }
    if node.schema:
        parsed = parse_object(reply.text)
        if parsed:
            outputs["structured_output"] = as_value(parsed)
    if reply.files:
        outputs["files"] = list[Value](reply.files)
    return outputs


def _check_references(pool: VariablePool, node: Llm) -> dict[str, JsonValue]:
    """The values of Jinja variables, after every reference of the node was found to exist."""
    for message in node.config.prompt_template:
        if message.edition_type in ("", "basic"):
            message.text.check(pool)
        elif message.edition_type != "jinja2":
            raise TemplateTypeNotSupportError(f'A prompt has the unknown edition type "{message.edition_type}".')
    if node.config.memory and node.config.memory.query_prompt_template:
        node.query.check(pool)
    bindings = node.config.prompt_config.jinja2_variables
    return plain_map({binding.variable: require(pool, binding.value_selector) for binding in bindings})


def _files_and_context(pool: VariablePool, config: LlmConfig, record: CallRecord) -> tuple[list[File], Context]:
    files: list[File] = []
    if config.vision.enabled:
        files = selected_files(pool, config.vision.configs.variable_selector)
        if files:
            record.inputs["#files#"] = list[Value](files)
    context = Context()
    if config.context.enabled and config.context.variable_selector:
        context = context_of(pool.get(config.context.variable_selector))
        if context.text:
            record.inputs["#context#"] = context.text
        if context.images:
            record.inputs["#context_files#"] = list[Value](context.images)
    return files, context


@dataclass(slots=True)
class _Assembly:
    """Puts the messages of one call together."""

    ctx: NodeContext
    node: Llm
    jinja_values: Mapping[str, JsonValue]
    context: Context
    history: list[Draft]
    model: ModelRef
    profile: ModelProfile
    parameters: Mapping[str, JsonValue]

    def messages(self) -> list[Draft]:
        return self._completion() if self.node.is_completion else self._chat()

    def _chat(self) -> list[Draft]:
        """Template messages, earlier exchanges, and the question if there is memory."""
        pool, specials = self.ctx.pool, self._specials()
        drafts: list[Draft] = []
        for message in self.node.config.prompt_template:
            drafts += _said(message.role, self._rendered(message, specials), self._files(message))
        if self.node.config.memory is None:
            return drafts
        query = self.node.query
        question = _said("user", query.render(pool, {"query": specials["query"]}), query.files(pool))
        return [*drafts, *self._kept([*drafts, *question]), *question]

    def _completion(self) -> list[Draft]:
        """One text that holds everything. Without a place for them, earlier exchanges come first."""
        message, specials = self.node.config.prompt_template[0], {**self._specials(), "histories": ""}
        text = self._rendered(message, specials)
        if self.history and self.node.config.memory:
            prefixes = self.node.config.memory.role_prefix
            if prefixes is None:
                raise MemoryRolePrefixRequiredError("The conversation is part of the prompt; set the role prefixes.")
            kept = self._kept([Draft("user", text)])
            past = history_text(kept, user=prefixes.user, assistant=prefixes.assistant)
            if message.edition_type != "jinja2" and "histories" in message.text.specials:
                text = self._rendered(message, {**specials, "histories": past})
            else:
                text = f"{past}\n{text}"
        return [Draft("user", text, self._files(message))]

    def _specials(self) -> dict[str, str]:
        return {"context": self.context.text or "", "query": to_text(self.ctx.pool.get(("sys", "query")))}

    def _rendered(self, message: PromptTemplate, specials: Mapping[str, str]) -> str:
        if message.edition_type == "jinja2":
            return message.jinja2_text.render(self.jinja_values) if message.jinja2_text else ""
        return message.text.render(self.ctx.pool, specials)

    def _files(self, message: PromptTemplate) -> list[File]:
        return [] if message.edition_type == "jinja2" else message.text.files(self.ctx.pool)

    def _kept(self, prompt: Sequence[Draft]) -> list[Draft]:
        count = partial(self.ctx.ports.models.count_tokens, self.model)
        return within_budget(self.history, prompt, profile=self.profile, parameters=self.parameters, count=count)


def _said(role: PromptRole, text: str, files: Sequence[File]) -> list[Draft]:
    """A text, then a message with the files that it refers to."""
    drafts = [Draft(role, text)] if text else []
    return [*drafts, Draft(role, files=list(files))] if files else drafts


def llm(limits: NodeLimits) -> NodeType[Llm]:
    """The node type under `limits`."""
    return NodeType("llm", load=read, run=partial(run, limits))


ABOUT = NodeAbout(
    kind="llm",
    family="model",
    icon="Sparkles",
    title=Words("LLM", "大模型", "LLM"),
    description=Words("Asks a language model.", "向语言模型提问。", "言語モデルに問い合わせます。"),
    outputs=(
        Output("text", "string"),
        Output("reasoning_content", "string"),
        Output("usage", "object"),
    ),
    runs_alone=True,
    retries=True,
    handles_errors=True,
)

"""The model node of basic apps: a prompt from an app's configuration, and one model call.

It is no node type of app files: chat and completion apps are compiled to start, this node, and answer. Source: spec
models-and-tools §2.3 to §2.5; stop words reach the model (§10).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from treadle.dsl.model_settings import ModelConfig, PromptType
from treadle.engine.errors import GraphProblem, InvokeBadRequestError, NodeError
from treadle.engine.node import NodeContext, NodeFailure, NodeResult, NodeType
from treadle.engine.ports import ChatRequest, ModelRef
from treadle.engine.values import File, JsonValue, Missing, Value, to_text

from .config import as_value
from .context import context_of
from .limits import NodeLimits
from .media import files_of
from .model_call import CallRecord, call_model
from .model_settings import MAX_TURNS
from .prompt import (
    Draft,
    add_files,
    drafts_of,
    history_text,
    logged_prompts,
    messages_of,
    output_limit,
    token_count,
    within_budget,
)

BASIC_KIND: Final = "basic-model"
KNOWLEDGE_NODE: Final = "knowledge"
"""The id of the node whose passages go into the prompt, in apps with knowledge bases."""

PLACEHOLDER = re.compile(r"\{\{([a-zA-Z_][a-zA-Z0-9_]{0,29}|#histories#|#query#|#context#)\}\}")
CONTROL_TOKEN = re.compile(r"<\|.*?\|>")
_SMALLEST_REPLY = 16

CONTEXT_FRAME = """The text between the context tags was found for this question. Base your answer on it.

<context>
{{#context#}}
</context>

If the answer is not in it, say that you do not know. Do not mention that you were given this text.
Answer in the language of the question.

"""
HISTORY_FRAME = """
The conversation so far, between the histories tags:

<histories>
{{#histories#}}
</histories>
"""


@dataclass(frozen=True, slots=True)
class BasicModel:
    """The node ready to run."""

    config: ModelConfig
    model: ModelRef
    parameters: dict[str, JsonValue]
    stop: tuple[str, ...]
    user: str
    assistant: str
    baichuan: bool


def read(data: Mapping[str, JsonValue]) -> BasicModel:
    """Reads `data["model_config"]`, an app's configuration. Raises GraphProblem."""
    raw = data.get("model_config")
    config, problems = ModelConfig.read(raw if isinstance(raw, dict) else {})
    for problem in problems:
        if problem.severity == "error":
            raise GraphProblem(problem.message, field=problem.where)
    model = config.model
    if not model.name:
        raise GraphProblem("The app has no model; choose one.", field="model_config.model")
    roles = config.completion_prompt_config.conversation_histories_role
    baichuan = "baichuan" in model.provider.lower() or (
        "baichuan" in model.name.lower()
        and model.provider.rsplit("/", 1)[-1] in ("huggingface_hub", "openllm", "xinference")
    )
    simple = config.prompt_type is PromptType.SIMPLE
    user, assistant = ("用户", "助手") if baichuan else ("Human", "Assistant")
    return BasicModel(
        config=config,
        model=ModelRef(model.provider, model.name, model.mode),
        parameters=model.parameters,
        stop=tuple(model.stop),
        user=user if simple else roles.user_prefix,
        assistant=assistant if simple else roles.assistant_prefix,
        baichuan=baichuan,
    )


def fill(template: str, values: Mapping[str, str]) -> str:
    """`template` with its `{{name}}` placeholders filled.

    Unknown ones, and whatever looks like one inside a value, keep one pair of braces; tokens `<|…|>` are removed.
    """

    def value(match: re.Match[str]) -> str:
        return PLACEHOLDER.sub(r"{\1}", values.get(match.group(1), match.group(0)))

    return CONTROL_TOKEN.sub("", PLACEHOLDER.sub(value, template))


async def run(limits: NodeLimits, ctx: NodeContext, node: BasicModel) -> NodeResult:
    """Outputs `text` and `usage`. Raises InvokeError, and NoPromptFoundError for an empty prompt."""
    record = CallRecord(node.model)
    try:
        await _call(limits, ctx, node, record)
    except NodeError as error:
        raise NodeFailure(record.result({})) from error
    reply = record.reply
    outputs: dict[str, Value] = {"text": reply.text, "usage": as_value(reply.usage.to_map())}
    if reply.files:
        outputs["files"] = list[Value](reply.files)
    return record.result(outputs)


def _on_one_line(found: Value) -> Value:
    """Passages with questions and their answers each on one line, as prompts of basic apps have them."""
    if not isinstance(found, list):
        return found
    return [
        {**item, "content": content.replace(" \nanswer:", " answer:", 1)}
        if isinstance(item, dict)
        and isinstance(content := item.get("content"), str)
        and content.startswith("question:")
        else item
        for item in found
    ]


async def _call(limits: NodeLimits, ctx: NodeContext, node: BasicModel, record: CallRecord) -> None:
    models, pool, config = ctx.ports.models, ctx.pool, node.config
    model = record.model = await models.resolve(node.model)
    profile = await models.profile(model)
    query = pool.get(("sys", "query"))
    assembly = _Assembly(
        node=node,
        values={name: to_text(value) for name, value in ctx.inputs.items()},
        query=query if isinstance(query, str) else "",
        # Only a run of a conversation has one; a completion app has a query at most.
        chat=isinstance(query, str) and pool.get(("sys", "conversation_id")) != "",
        files=files_of(pool.get(("sys", "files"))),
    )
    found = pool.get((KNOWLEDGE_NODE, "result"))
    if not isinstance(found, Missing):
        context = context_of(found)
        assembly.context = (context_of(_on_one_line(found)).text or "") if context.text else ""
        if context.citations:
            ctx.cite([{**citation, "retriever_from": "api"} for citation in context.citations])
    parameters = dict(node.parameters)
    count = partial(models.count_tokens, model)
    first = assembly.messages([])
    limit = output_limit(parameters)
    if limit and profile.context_size is not None and profile.context_size - limit[1] - token_count(first, count) < 0:
        raise InvokeBadRequestError(
            f"[{model.provider}] The prompt and the longest reply do not fit into the {profile.context_size} tokens of "
            f"{model.name}. Shorten the prompt or lower {limit[0]}."
        )
    history = drafts_of(await ctx.ports.memory.turns(MAX_TURNS)) if assembly.chat else []
    kept = within_budget(history, first, profile=profile, parameters=parameters, count=count)
    drafts = assembly.messages(kept)
    if limit and profile.context_size is not None:
        room = profile.context_size - token_count(drafts, count)
        if limit[1] > room:
            parameters[limit[0]] = max(room, _SMALLEST_REPLY)
    messages = await messages_of(
        drafts, profile=profile, files=ctx.ports.files, detail=config.file_upload.image.detail, send_as=limits.media
    )
    record.prompts = logged_prompts(messages)
    user = to_text(pool.get(("sys", "user_id")))
    request = ChatRequest(
        model=model, messages=messages, parameters=parameters, stop=assembly.stop(), user=user or None
    )
    await call_model(ctx, request, record.reply)


@dataclass(slots=True)
class _Assembly:
    """Puts the messages together. `context` is None when no knowledge base is attached."""

    node: BasicModel
    values: Mapping[str, str]
    query: str
    chat: bool
    files: list[File]
    context: str | None = None

    def messages(self, history: list[Draft]) -> list[Draft]:
        """The prompt with `history` in its place."""
        if self.node.config.prompt_type is PromptType.SIMPLE:
            return self._simple_chat(history) if self.node.model.mode == "chat" else self._simple_completion(history)
        return self._advanced_chat(history) if self.node.model.mode == "chat" else self._advanced_completion(history)

    def stop(self) -> tuple[str, ...]:
        """The app's stop words, then those of the frame around the prompt."""
        frame: tuple[str, ...] = ()
        simple = self.node.config.prompt_type is PromptType.SIMPLE
        if simple and self.chat and self.node.model.mode == "completion":
            frame = ("用户：",) if self.node.baichuan else ("\nHuman:", "</histories>")
        return (*self.node.stop, *(word for word in frame if word not in self.node.stop))

    def _simple_text(self) -> str:
        pre_prompt = self.node.config.pre_prompt
        template = (CONTEXT_FRAME if self.context is not None else "") + (f"{pre_prompt}\n" if pre_prompt else "")
        return fill(template, {**self.values, "#context#": self.context or ""})

    def _simple_chat(self, history: list[Draft]) -> list[Draft]:
        prompt = self._simple_text()
        if not self.query:
            return [*history, Draft("user", prompt, list(self.files))]
        system = [Draft("system", prompt)] if prompt else []
        return [*system, *history, Draft("user", self.query, list(self.files))]

    def _simple_completion(self, history: list[Draft]) -> list[Draft]:
        text = self._simple_text()
        if history:
            text += fill(HISTORY_FRAME, {"#histories#": self._past(history)})
        if self.query:
            text += fill(f"\n\n{self.node.user}: {{{{#query#}}}}\n\n{self.node.assistant}: ", {"#query#": self.query})
        return [Draft("user", text, list(self.files))]

    def _advanced_chat(self, history: list[Draft]) -> list[Draft]:
        values = {**self.values, "#context#": self.context or ""}
        drafts: list[Draft] = []
        for message in self.node.config.chat_prompt_config.prompt:
            text = fill(message.text, values)
            if text or message.role != "system":
                drafts.append(Draft(message.role, text))
        drafts += history
        if self.query:
            drafts.append(Draft("user", self.query, list(self.files)))
        else:
            add_files(drafts, self.files)
        return drafts

    def _advanced_completion(self, history: list[Draft]) -> list[Draft]:
        values = {
            **self.values,
            "#context#": self.context or "",
            "#query#": self.query,
            "#histories#": self._past(history) if history else "",
        }
        text = fill(self.node.config.completion_prompt_config.prompt.text, values)
        return [Draft("user", text, list(self.files))]

    def _past(self, history: list[Draft]) -> str:
        return history_text(history, user=self.node.user, assistant=self.node.assistant)


def basic_model(limits: NodeLimits) -> NodeType[BasicModel]:
    """The node type under `limits`."""
    return NodeType(BASIC_KIND, load=read, run=partial(run, limits))

"""Prompts, code and schemas that a model writes for people who build apps.

A failing model is told in `error`, beside an empty result. Source: spec models-and-tools §7.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Literal

import json_repair
import msgspec
from pydantic import ValidationError
from sqlalchemy import select

from treadle.apps.features.spoken import refused
from treadle.apps.tables import NodeExecution
from treadle.dsl.model_settings import ModelChoice
from treadle.engine.errors import InvokeError, ProviderNotInitializeError
from treadle.engine.ports import ChatRequest, Message, ModelRef
from treadle.engine.values import JsonValue
from treadle.models.service import ModelService
from treadle.platform.db import Database
from treadle.platform.refusals import InvalidParam

Language = Literal["python3", "javascript"]
Result = dict[str, Any]

_QUOTED = re.compile(r'"([^"\\\n]+)"')
_FENCE = re.compile(r"```[\w+-]*\n(.*?)```", re.DOTALL)
_PLACES = re.compile(r"\{\{#(last_run|current|error_message)#\}\}")
_MAX_LAST_RUN = 20_000

_PROMPT = (
    "Write the system prompt of an assistant that does what is described below. Say who the assistant is, what it does "
    "step by step, what it must not do, and in what form it answers. "
)
_WITH_VARIABLES = (
    "Where the task depends on something that people will enter, put a placeholder in double braces, such as "
    "{{topic}}: lower-case letters, digits and underscores, at most five of them. "
)
_PROMPT_ONLY = "Reply with the prompt alone, in the language of the description."
_VARIABLES = (
    "List the names of the placeholders in double braces that occur in this prompt, as a JSON list of strings. Reply "
    "with the list and nothing else.\n\n"
)
_OPENING = (
    "Write the first message that the assistant with this prompt sends to greet somebody: one or two friendly "
    "sentences that say what it can do. Use no placeholders. Reply with the message alone.\n\n"
)
_CODE: dict[str, str] = {
    "python3": (
        "Write a Python 3 function `main` that does what is described below. Its arguments have type hints, and it "
        "returns a dict whose values are texts, numbers, dicts or lists of these."
    ),
    "javascript": (
        "Write a JavaScript function `main` that does what is described below. It takes one object whose members it "
        "destructures, documents their types in a JSDoc comment, and returns an object."
    ),
}
_CODE_ONLY = " Use the standard library alone. Reply with the code and nothing else."
_SCHEMA = (
    "Write a JSON Schema (draft 7) for the object that is described below. Its root has the type object; every "
    "property has a type and a short description, and `required` lists those that must be there. Reply with the JSON "
    "and nothing else."
)
_MODIFY = (
    "Change a part of an application as its builder asks. The message is a JSON object: `current` is the part as it "
    "is, `last_run` what its last execution was given and gave, `instruction` what is to be changed, and "
    "`ideal_output` what it should give. Keep everything that need not change, and keep placeholders in double braces "
    'as they are. Reply with a JSON object of two members: "modified", the whole part after the change, and "message", '
    "one sentence that says what you changed."
)


class Generators:
    """Asks the model that the builder has chosen."""

    def __init__(self, db: Database, models: ModelService, *, prompt_tokens: int, code_tokens: int) -> None:
        self._db = db
        self._models = models
        self._prompt_tokens = prompt_tokens
        self._code_tokens = code_tokens

    async def prompt(
        self, workspace_id: str, *, instruction: str, model: Mapping[str, Any], no_variable: bool
    ) -> Result:
        """`{prompt, variables, opening_statement, error}`; what fails leaves what is there already.

        Raises Refusal when the model is not set up.
        """
        result: Result = {"prompt": "", "variables": [], "opening_statement": "", "error": ""}
        settings = {"temperature": 0.01, "max_tokens": self._prompt_tokens}
        asked = _PROMPT + ("" if no_variable else _WITH_VARIABLES) + _PROMPT_ONLY
        try:
            result["prompt"] = prompt = await self._ask(workspace_id, model, settings, f"{asked}\n\n{instruction}")
            if no_variable:
                return result
            listed = await self._ask(workspace_id, model, settings, _VARIABLES + prompt)
            result["variables"] = _QUOTED.findall(listed)
            result["opening_statement"] = await self._ask(workspace_id, model, settings, _OPENING + prompt)
        except InvokeError as error:
            lacking = "The variables and the opening" if result["prompt"] else "The prompt"
            return {**result, "error": f"{lacking} could not be written: {error}"}
        return result

    async def code(self, workspace_id: str, *, instruction: str, model: Mapping[str, Any], language: str) -> Result:
        """`{code, language, error}`; every language but Python is JavaScript. Raises Refusal."""
        written: Language = "python3" if language in ("python", "python3") else "javascript"
        settings = {"temperature": 0.01, "max_tokens": self._code_tokens}
        result: Result = {"code": "", "language": language, "error": ""}
        try:
            asked = f"{_CODE[written]}{_CODE_ONLY}\n\n{instruction}"
            return {**result, "code": _bare(await self._ask(workspace_id, model, settings, asked))}
        except InvokeError as error:
            return {**result, "error": f"The code could not be written: {error}"}

    async def schema(self, workspace_id: str, *, instruction: str, model: Mapping[str, Any]) -> Result:
        """`{output, error}`: a JSON Schema as text. Raises Refusal."""
        try:
            reply = await self._ask(workspace_id, model, {}, f"{_SCHEMA}\n\n{instruction}")
        except InvokeError as error:
            return {"output": "", "error": f"The schema could not be written: {error}"}
        parsed = json_repair.loads(_bare(reply))
        if not isinstance(parsed, dict | list) or not parsed:
            return {"output": "", "error": "The schema could not be written: the model did not reply with JSON."}
        return {"output": json.dumps(parsed, ensure_ascii=False, indent=2), "error": ""}

    async def change(
        self,
        workspace_id: str,
        *,
        app_id: str,
        node_id: str,
        current: str,
        instruction: str,
        ideal_output: str,
        model: Mapping[str, Any],
    ) -> Result:
        """`{modified, message, error}`: a part of a node as the builder wants it. Raises Refusal."""
        last_run, failure = await self._last_run(workspace_id, app_id, node_id)
        values = {"last_run": json.dumps(last_run, ensure_ascii=False), "current": current, "error_message": failure}
        wanted = _PLACES.sub(lambda match: values[match.group(1)], instruction)
        payload = {"current": current, "last_run": last_run, "instruction": wanted, "ideal_output": ideal_output}
        result: Result = {"modified": "", "message": "", "error": ""}
        try:
            reply = await self._ask(
                workspace_id, model, {"temperature": 0.4}, json.dumps(payload, ensure_ascii=False), system=_MODIFY
            )
        except InvokeError as error:
            return {**result, "error": f"The change could not be made: {error}"}
        parsed = json_repair.loads(_outermost(reply))
        if not isinstance(parsed, dict) or "modified" not in parsed:
            return {**result, "error": "The change could not be made: the model did not reply as it was asked."}
        modified, message = parsed["modified"], parsed.get("message", "")
        text = modified if isinstance(modified, str) else json.dumps(modified, ensure_ascii=False)
        return {**result, "modified": text, "message": str(message)}

    async def _last_run(self, workspace_id: str, app_id: str, node_id: str) -> tuple[dict[str, JsonValue], str]:
        """What the last execution of a node was given and gave, and its error."""
        query = (
            select(NodeExecution.inputs, NodeExecution.outputs, NodeExecution.error)
            .where(
                NodeExecution.workspace_id == workspace_id,
                NodeExecution.app_id == app_id,
                NodeExecution.node_id == node_id,
            )
            .order_by(NodeExecution.created_at.desc())
            .limit(1)
        )
        async with self._db.session() as session:
            row = (await session.execute(query)).first()
        if row is None:
            return {}, ""
        inputs, outputs, error = row
        shown: dict[str, JsonValue] = {"inputs": _value(inputs), "outputs": _value(outputs), "error": error}
        return shown, error or ""

    async def _ask(
        self,
        workspace_id: str,
        model: Mapping[str, Any],
        settings: Mapping[str, JsonValue],
        text: str,
        *,
        system: str = "",
    ) -> str:
        """The reply without space around it. Raises InvokeError, and Refusal for a model that is not set up."""
        try:
            chosen = ModelChoice.model_validate({"mode": "chat", **model})
        except ValidationError as error:
            raise InvalidParam("`model_config` names no model that can be asked.", param="model_config") from error
        first = (Message(role="system", content=system),) if system else ()
        request = ChatRequest(
            model=ModelRef(chosen.provider, chosen.name, chosen.mode),
            messages=(*first, Message(role="user", content=text)),
            parameters={**settings, **chosen.parameters},
        )
        try:
            return (await self._models.for_workspace(workspace_id).complete(request)).text.strip()
        except ProviderNotInitializeError as error:
            raise refused(error) from error


def _value(text: str | None) -> JsonValue:
    if not text or len(text) > _MAX_LAST_RUN:
        return None
    return msgspec.json.decode(text)


def _bare(text: str) -> str:
    """A reply without the fence that models put around code."""
    found = _FENCE.search(text)
    return (found.group(1) if found else text).strip()


def _outermost(text: str) -> str:
    """From the first brace to the last."""
    start, end = text.find("{"), text.rfind("}")
    return text[start : end + 1] if 0 <= start < end else ""

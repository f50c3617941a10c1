"""From a chat or completion app to a graph app that does the same, for people who want to change how it works.

The source stays as it is. Source: spec workflow-engine §22.
"""

import json
import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import pairwise

from treadle.apps.features.plan import API, DataTool, data_tools_of
from treadle.apps.features.retrieval import base_ids, retrieval_data
from treadle.dsl import AppFile, AppMode, EnvironmentVariable, JsonMap, ModelConfig, WorkflowFile
from treadle.dsl.model_settings import FormFieldKind, PromptType
from treadle.engine.values import JsonValue
from treadle.nodes.basic import CONTEXT_FRAME, CONTROL_TOKEN, HISTORY_FRAME, PLACEHOLDER, read
from treadle.platform.refusals import Refusal

SUFFIX = "(workflow)"

_CHAT_FEATURES = (
    "opening_statement", "suggested_questions", "suggested_questions_after_answer", "speech_to_text",
    "text_to_speech", "retriever_resource", "sensitive_word_avoidance", "file_upload",
)  # fmt: skip
_TEXT_FEATURES = ("text_to_speech", "sensitive_word_avoidance", "file_upload")
_PICK_RESULT = """import json


def main(body: str) -> dict:
    result = json.loads(body)["result"]
    if not isinstance(result, str):
        raise ValueError("The endpoint answered no text in \\"result\\".")
    return {"result": result}
"""


@dataclass(frozen=True, slots=True)
class DataEndpoint:
    """Where an API extension is called, and with which key."""

    url: str
    key: str


class CannotConvert(Refusal):
    """The app has no graph that does the same."""

    code = "app_cannot_be_converted"


def converted(app: AppFile, *, endpoints: Mapping[str, DataEndpoint] | None = None) -> AppFile:
    """The graph app. `endpoints` by extension id, for apps with external data tools. Raises CannotConvert."""
    if app.mode not in (AppMode.CHAT, AppMode.COMPLETION) or app.model_config is None:
        raise CannotConvert(
            "Only chat and completion apps can be converted; agents and apps that are graphs already cannot."
        )
    maker = _Maker(app.model_config, chat=app.mode is AppMode.CHAT, endpoints=endpoints or {})
    return AppFile(
        mode=AppMode.ADVANCED_CHAT if maker.chat else AppMode.WORKFLOW,
        name=f"{app.name}{SUFFIX}",
        description=app.description,
        icon=app.icon,
        icon_type=app.icon_type,
        icon_background=app.icon_background,
        use_icon_as_answer_icon=app.use_icon_as_answer_icon,
        workflow=maker.workflow(),
        dependencies=list(app.dependencies),
    )


@dataclass(slots=True)
class _Maker:
    """Builds one graph, node after node."""

    config: ModelConfig
    chat: bool
    endpoints: Mapping[str, DataEndpoint]
    nodes: list[JsonMap] = field(default_factory=list[JsonMap])
    secrets: list[EnvironmentVariable] = field(default_factory=list[EnvironmentVariable])
    variables: dict[str, str] = field(default_factory=dict[str, str])
    """What a `{{name}}` of the prompt becomes: `node.variable`."""

    def workflow(self) -> WorkflowFile:
        self._start()
        for number, tool in enumerate(data_tools_of(self.config), 1):
            self._data_tool(number, tool)
        if base_ids(self.config):
            query = ["sys", "query"] if self.chat else ["start", self.config.dataset_query_variable]
            self._add("knowledge_retrieval", "knowledge-retrieval", "Knowledge", retrieval_data(self.config, query))
        self._add("llm", "llm", "Model", self._model())
        if self.chat:
            self._add("answer", "answer", "Answer", {"answer": "{{#llm.text#}}", "variables": []})
        else:
            result: JsonMap = {"variable": "result", "value_selector": ["llm", "text"], "value_type": "string"}
            self._add("end", "end", "End", {"outputs": [result]})
        written = self.config.as_map()
        wanted = _CHAT_FEATURES if self.chat else _TEXT_FEATURES
        ids = [str(node["id"]) for node in self.nodes]
        edges: list[JsonValue] = [
            {"id": f"{source}-{target}", "source": source, "target": target} for source, target in pairwise(ids)
        ]
        return WorkflowFile(
            graph={"nodes": list[JsonValue](self.nodes), "edges": edges},
            features={name: deepcopy(written[name]) for name in wanted},
            environment_variables=self.secrets,
        )

    def _add(self, node_id: str, kind: str, title: str, data: JsonMap) -> None:
        self.nodes.append({"id": node_id, "position": None, "data": {"type": kind, "title": title, **data}})

    def _start(self) -> None:
        """One variable for each question; what is fetched from outside leaves the form."""
        form: list[JsonValue] = []
        for item in _list(self.config.as_map().get("user_input_form")):
            if not isinstance(item, dict) or len(item) != 1:
                continue
            ((kind, inner),) = item.items()
            if kind == FormFieldKind.EXTERNAL_DATA_TOOL or not isinstance(inner, dict):
                continue
            form.append({**inner, "type": kind})
            self.variables[str(inner["variable"])] = f"start.{inner['variable']}"
        self._add("start", "start", "Start", {"variables": form})

    def _data_tool(self, number: int, tool: DataTool) -> None:
        """The request, written by a template so that any text fits into its JSON, and the text out of its answer."""
        endpoint = self.endpoints.get(str(tool.config.get("api_based_extension_id") or ""))
        if tool.type != API or endpoint is None:
            raise CannotConvert(
                f'The variable "{tool.variable}" is fetched by an extension that is not known here; convert the app '
                "in the workspace that has it, or remove the variable."
            )
        inputs = {name: selector for name, selector in self.variables.items() if selector.startswith("start.")}
        names = {name: f"input_{place}" for place, name in enumerate(inputs)}
        fields = ", ".join(f"{json.dumps(name)}: {{{{ {names[name]} | tojson }}}}" for name in inputs)
        query = "{{ query | tojson }}" if self.chat else '""'
        body = (
            '{"point": "app.external_data_tool.query", "params": {"app_id": {{ app_id | tojson }}, '
            f'"tool_variable": {json.dumps(tool.variable)}, "inputs": {{{fields}}}, "query": {query}}}}}'
        )
        bound: list[JsonValue] = [
            {"variable": names[name], "value_selector": list(selector.split(".", 1))}
            for name, selector in inputs.items()
        ]
        bound.append({"variable": "app_id", "value_selector": ["sys", "app_id"]})
        if self.chat:
            bound.append({"variable": "query", "value_selector": ["sys", "query"]})
        secret = f"extension_key_{number}"
        self.secrets.append(
            EnvironmentVariable.model_validate({"name": secret, "value_type": "secret", "value": endpoint.key})
        )
        asked, code = f"http_request_{number}", f"code_{number}"
        self._add(
            f"request_{number}", "template-transform", f"Request {number}", {"template": body, "variables": bound}
        )
        self._add(
            asked,
            "http-request",
            f"HTTP request {number}",
            {
                "method": "post",
                "url": endpoint.url,
                "authorization": {
                    "type": "api-key",
                    "config": {"type": "bearer", "api_key": f"{{{{#env.{secret}#}}}}", "header": ""},
                },
                "headers": "",
                "params": "",
                "body": {
                    "type": "json",
                    "data": [{"type": "text", "key": "", "value": f"{{{{#request_{number}.output#}}}}"}],
                },
                "timeout": {"connect": 5, "read": 60, "write": 60},
            },
        )
        self._add(
            code,
            "code",
            f"Result {number}",
            {
                "code_language": "python3",
                "code": _PICK_RESULT,
                "variables": [{"variable": "body", "value_selector": [asked, "body"]}],
                "outputs": {"result": {"type": "string", "children": None}},
            },
        )
        self.variables[tool.variable] = f"{code}.result"

    def _model(self) -> JsonMap:
        """The settings of the model node."""
        config, node = self.config, read({"model_config": self.config.as_map()})
        completion = config.model.mode == "completion"
        prompts = self._completion_prompt(node.user, node.assistant) if completion else self._chat_prompt()
        parameters = dict(config.model.completion_params)
        if completion and self.chat and config.prompt_type is PromptType.SIMPLE:
            frame = ["用户："] if node.baichuan else ["\nHuman:", "</histories>"]
            parameters["stop"] = list(dict.fromkeys([*config.model.stop, *frame]))
        upload = config.file_upload
        sees = upload.enabled or upload.image.enabled
        data: JsonMap = {
            "model": {**config.model.model_dump(mode="json"), "completion_params": parameters},
            "prompt_template": prompts,
            "context": {
                "enabled": bool(base_ids(config)),
                "variable_selector": ["knowledge_retrieval", "result"] if base_ids(config) else [],
            },
            "vision": {
                "enabled": sees,
                "configs": {"variable_selector": ["sys", "files"], "detail": upload.image.detail},
            },
        }
        if self.chat:
            data["memory"] = {
                "role_prefix": {"user": node.user, "assistant": node.assistant},
                "window": {"enabled": False, "size": None},
                "query_prompt_template": "{{#sys.query#}}",
            }
        return data

    def _chat_prompt(self) -> JsonValue:
        config = self.config
        if config.prompt_type is PromptType.ADVANCED:
            messages: list[JsonValue] = [
                self._message(message.role, message.text) for message in config.chat_prompt_config.prompt
            ]
        else:
            prompt = self._simple_prompt()
            in_front = self.chat or bool(base_ids(config))
            messages = [self._message("system" if in_front else "user", prompt)] if prompt else []
        if not self.chat and base_ids(config):
            messages.append(self._message("user", "{{#query#}}"))
        if not messages and not self.chat:
            raise CannotConvert("This app has no prompt; write one first.")
        return messages or [self._message("system", "")]

    def _completion_prompt(self, user: str, assistant: str) -> JsonValue:
        if self.config.prompt_type is PromptType.ADVANCED:
            return self._message("user", self.config.completion_prompt_config.prompt.text)
        text = self._simple_prompt()
        if self.chat:
            text += f"{HISTORY_FRAME}\n\n{user}: {{{{#query#}}}}\n\n{assistant}: "
        elif base_ids(self.config):
            text += f"\n\n{user}: {{{{#query#}}}}\n\n{assistant}: "
        return self._message("user", text)

    def _simple_prompt(self) -> str:
        """The frame of a simple prompt, in which people write no placeholders but their own variables."""
        written = self.config.pre_prompt
        return (CONTEXT_FRAME if base_ids(self.config) else "") + (f"{written}\n" if written else "")

    def _message(self, role: str, text: str) -> JsonMap:
        return {"id": f"{role}-prompt", "role": role, "text": self._referring(text)}

    def _referring(self, text: str) -> str:
        """`text` with its placeholders as references; one that nothing fills keeps one pair of braces, as before."""

        def reference(match: re.Match[str]) -> str:
            name = match.group(1)
            if name in ("#context#", "#histories#"):
                return match.group(0)
            if name == "#query#":
                return "{{#sys.query#}}" if self.chat else f"{{{{#start.{self.config.dataset_query_variable}#}}}}"
            found = self.variables.get(name)
            return f"{{{{#{found}#}}}}" if found else f"{{{name}}}"

        return PLACEHOLDER.sub(reference, CONTROL_TOKEN.sub("", text))


def extension_ids(config: ModelConfig) -> Sequence[str]:
    """The API extensions that the external data tools of an app ask."""
    return [str(tool.config.get("api_based_extension_id") or "") for tool in data_tools_of(config) if tool.type == API]


def _list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []

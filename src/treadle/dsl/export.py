"""Writing an app file (app-dsl §5 and §14)."""

from pydantic import JsonValue

from treadle.dsl.app_file import DEFAULT_ICON, AppFile, WorkflowFile
from treadle.dsl.dataset_ids import seal_dataset_id
from treadle.dsl.sections import JsonMap
from treadle.dsl.variables import ConversationVariable, EnvironmentType, EnvironmentVariable
from treadle.dsl.versions import CURRENT_VERSION, PIPELINE_VERSION
from treadle.dsl.writer import write_yaml

_UPLOADED_ICON_BACKGROUND = "#FFEAD5"
_DEFAULT_SCHEDULE: JsonMap = {
    "mode": "visual",
    "frequency": "daily",
    "cron_expression": "",
    "visual_config": {"time": "12:00 AM", "on_minute": 0, "weekdays": ["sun"], "monthly_days": [1]},
    "timezone": "UTC",
}


def dump(app: AppFile, *, include_secrets: bool, workspace_id: str | None = None) -> str:
    """The app file's text, always in the current version.

    Without `include_secrets` secret variables are emptied and credential ids removed; what belongs to this
    installation alone (webhook addresses, subscriptions, schedules) never leaves it (app-dsl §5.2). With
    `workspace_id` the ids of knowledge bases are sealed, so that only the same workspace finds them again.
    `app` is not changed.
    """
    uploaded_icon = app.icon_type == "image"
    file: JsonMap = {
        "version": CURRENT_VERSION,
        "kind": "app",
        "app": {
            "name": app.name,
            "mode": app.mode.value,
            "icon": DEFAULT_ICON if uploaded_icon else app.icon,
            "icon_background": _UPLOADED_ICON_BACKGROUND if uploaded_icon else app.icon_background,
            "description": app.description,
            "use_icon_as_answer_icon": app.use_icon_as_answer_icon,
        },
        "dependencies": app.dependencies,
    }
    if app.mode.has_graph:
        file["workflow"] = _workflow(app.workflow or WorkflowFile(), include_secrets, workspace_id)
    else:
        file["model_config"] = _model_config(app)
    return write_yaml(file)


def dump_pipeline(app: AppFile, *, include_secrets: bool, workspace_id: str | None = None) -> str:
    """The file of a knowledge pipeline, whose workflow `app` has (app-dsl §8.5)."""
    workflow = app.workflow or WorkflowFile()
    questions: list[JsonValue] = [*workflow.pipeline_variables]
    return write_yaml(
        {
            "version": PIPELINE_VERSION,
            "kind": "rag_pipeline",
            "rag_pipeline": {
                "name": app.name,
                "icon": app.icon,
                "icon_type": app.icon_type or "emoji",
                "icon_background": app.icon_background,
                "icon_url": None,
                "description": app.description,
            },
            "dependencies": app.dependencies,
            "workflow": {
                **_workflow(workflow, include_secrets, workspace_id),
                "rag_pipeline_variables": questions,
            },
        }
    )


def _workflow(workflow: WorkflowFile, include_secrets: bool, workspace_id: str | None) -> JsonMap:
    graph: JsonMap = workflow.graph
    nodes = graph.get("nodes")
    if isinstance(nodes, list):
        written_nodes: list[JsonValue] = [_node(node, include_secrets, workspace_id) for node in nodes]
        graph = {**graph, "nodes": written_nodes}
    environment: list[JsonValue] = [
        _environment_variable(variable, include_secrets) for variable in workflow.environment_variables
    ]
    conversation: list[JsonValue] = [_variable(variable) for variable in workflow.conversation_variables]
    return {
        "graph": graph,
        "features": workflow.features,
        "environment_variables": environment,
        "conversation_variables": conversation,
    }


def _environment_variable(variable: EnvironmentVariable, include_secrets: bool) -> JsonMap:
    written = _variable(variable)
    if variable.value_type is EnvironmentType.SECRET and not include_secrets:
        written["value"] = ""
    return written


def _variable(variable: EnvironmentVariable | ConversationVariable) -> JsonMap:
    return {
        "id": variable.id,
        "name": variable.name,
        "description": variable.description,
        "value_type": variable.value_type.value,
        "value": variable.value,
        "selector": [*variable.selector],
    }


def _model_config(app: AppFile) -> JsonMap:
    written = app.model_config.as_map() if app.model_config else {}
    if app.annotation_reply is not None:
        written["annotation_reply"] = app.annotation_reply
    agent_mode = written.get("agent_mode")
    if isinstance(agent_mode, dict) and isinstance(tools := agent_mode.get("tools"), list):
        written["agent_mode"] = {**agent_mode, "tools": [_without_credential(tool) for tool in tools]}
    return written


def _without_credential(value: JsonValue) -> JsonValue:
    if isinstance(value, dict) and "credential_id" in value:
        return {key: item for key, item in value.items() if key != "credential_id"}
    return value


def _node(node: JsonValue, include_secrets: bool, workspace_id: str | None) -> JsonValue:
    """The node as it leaves: the map itself when nothing in it has to stay behind."""
    data = node.get("data") if isinstance(node, dict) else None
    if not isinstance(node, dict) or not isinstance(data, dict):
        return node
    match data.get("type"):
        case "trigger-webhook":
            scrubbed = _overwritten(data, {"webhook_url": "", "webhook_debug_url": ""})
        case "trigger-schedule":
            scrubbed = _overwritten(data, {"config": _DEFAULT_SCHEDULE})
        case "trigger-plugin":
            scrubbed = _overwritten(data, {"subscription_id": ""})
        case "tool" if not include_secrets:
            scrubbed = _without_credential(data)
        case "agent" if not include_secrets:
            scrubbed = _agent(data)
        case "knowledge-retrieval" if workspace_id is not None:
            scrubbed = _with_sealed_datasets(data, workspace_id)
        case _:
            return node
    return {**node, "data": scrubbed}


def _overwritten(data: JsonMap, values: JsonMap) -> JsonMap:
    return {**data, **{key: value for key, value in values.items() if key in data}}


def _agent(data: JsonMap) -> JsonMap:
    parameters = data.get("agent_parameters")
    if not isinstance(parameters, dict):
        return data
    return {**data, "agent_parameters": {name: _agent_parameter(value) for name, value in parameters.items()}}


def _agent_parameter(parameter: JsonValue) -> JsonValue:
    tools = parameter.get("value") if isinstance(parameter, dict) else None
    if not isinstance(parameter, dict) or not isinstance(tools, list):
        return parameter
    return {**parameter, "value": [_without_credential(tool) for tool in tools]}


def _with_sealed_datasets(data: JsonMap, workspace_id: str) -> JsonMap:
    ids = data.get("dataset_ids")
    if not isinstance(ids, list):
        return data
    sealed = [seal_dataset_id(item, workspace_id) if isinstance(item, str) else item for item in ids]
    return {**data, "dataset_ids": sealed}

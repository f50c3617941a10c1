"""Which plugins an old file needs, for files from before `dependencies` was written (app-dsl §12.2)."""

from collections.abc import Iterator

from pydantic import JsonValue

from treadle.dsl.app_file import AppFile
from treadle.dsl.graph_view import NodeView, graph_view
from treadle.dsl.providers import normalise_provider, normalise_tool_provider, plugin_of
from treadle.dsl.sections import JsonMap
from treadle.dsl.versions import derives_dependencies

_MODEL_NODES = frozenset({"llm", "question-classifier", "parameter-extractor"})


def file_dependencies(app: AppFile, imported_version: str) -> list[JsonValue]:
    """The file's `dependencies`, verbatim; derived where the file is too old to have any (app-dsl §4.2)."""
    if app.dependencies or not derives_dependencies(imported_version):
        return app.dependencies
    return derive_dependencies(app)


def derive_dependencies(app: AppFile) -> list[JsonValue]:
    """The plugins that an app's models and tools come from, in the shape of `dependencies`, without versions."""
    plugins = dict.fromkeys(plugin_of(provider) for provider in _providers(app) if provider)
    return [
        {
            "type": "marketplace",
            "value": {"marketplace_plugin_unique_identifier": plugin, "version": None},
            "current_identifier": None,
        }
        for plugin in plugins
    ]


def _providers(app: AppFile) -> Iterator[str]:
    if app.workflow is not None:
        for node in graph_view(app.workflow).nodes:
            yield from _node_providers(node)
    if app.model_config is not None:
        yield normalise_provider(app.model_config.model.provider)
        for tool in app.model_config.agent_mode.tools:
            if tool.provider_type == "builtin":
                yield normalise_tool_provider(tool.provider_id)


def _node_providers(node: NodeView) -> Iterator[str]:
    if node.type in _MODEL_NODES:
        yield _model_provider(node.data.get("model"))
    elif node.type == "tool" and node.data.get("provider_type") == "builtin":
        provider = node.data.get("provider_id")
        yield normalise_tool_provider(provider) if isinstance(provider, str) else ""
    elif node.type == "knowledge-retrieval":
        single, multiple = _map(node.data, "single_retrieval_config"), _map(node.data, "multiple_retrieval_config")
        if node.data.get("retrieval_mode") == "single":
            yield _model_provider(single.get("model"))
        elif multiple.get("reranking_mode") == "weighted_score":
            vectors = _map(_map(multiple, "weights"), "vector_setting")
            yield _model_provider({"provider": vectors.get("embedding_provider_name")})
        else:
            yield _model_provider(multiple.get("reranking_model"))


def _map(section: JsonMap, key: str) -> JsonMap:
    value = section.get(key)
    return value if isinstance(value, dict) else {}


def _model_provider(model: JsonValue) -> str:
    provider = model.get("provider") if isinstance(model, dict) else None
    return normalise_provider(provider) if isinstance(provider, str) else ""

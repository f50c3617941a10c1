"""Provider ids: one internal key for the short and the long form."""

_PLUGIN_OF_MODEL_PROVIDER = {"google": "gemini"}
_TOOL_PLUGINS_WITH_SUFFIX = frozenset({"jina", "siliconflow", "stepfun", "gitee_ai"})


def normalise_provider(provider: str) -> str:
    """A model provider's full id `organisation/plugin/provider`: `openai` gives `langgenius/openai/openai`.

    Full ids and the empty text come back unchanged (workflow-nodes §0.8).
    """
    return _full_id(provider, _PLUGIN_OF_MODEL_PROVIDER.get(provider, provider))


def normalise_tool_provider(provider: str) -> str:
    """A built-in tool provider's full id: `time` gives `langgenius/time/time`.

    The plugins of a few are named with `_tool`: `jina` gives `langgenius/jina_tool/jina`.
    Not for API, workflow and MCP tools, whose provider ids are those of records (workflow-nodes §0.8).
    """
    return _full_id(provider, f"{provider}_tool" if provider in _TOOL_PLUGINS_WITH_SUFFIX else provider)


def plugin_of(provider: str) -> str:
    """The plugin `organisation/plugin` that a full provider id belongs to."""
    return "/".join(provider.split("/")[:2])


def _full_id(provider: str, plugin: str) -> str:
    parts = provider.split("/")
    if not provider or len(parts) > 2:
        return provider
    if len(parts) == 2:
        return f"{provider}/{parts[1]}"
    return f"langgenius/{plugin}/{provider}"

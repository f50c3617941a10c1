"""The console API: the node types, from which an editor makes its forms."""

from functools import cache

from pydantic import BaseModel, JsonValue

from treadle.apps.editing.blocks import blocks
from treadle.dsl import AppMode
from treadle.nodes import FORMS
from treadle.nodes.about import Words
from treadle.nodes.catalogue import ABOUT
from treadle.server.console_api.access import MemberDep, console_router
from treadle.server.console_api.model_shapes import Translated

router = console_router("Node types")

JsonObject = dict[str, JsonValue]


class OutputShown(BaseModel):
    """A variable that every node of the type gives."""

    name: str
    type: str


class OutputsFromShown(BaseModel):
    """Variables that follow from the setting at `setting`: one for each entry.

    `name` and `type` are the members of an entry that say them; without a `name` it is the entry's key.
    """

    setting: str
    name: str | None
    type: str | None


class NodeTypeShown(BaseModel):
    """A node type. `settings` is the JSON Schema of its settings; in it, `ui` says which control suits, `accepts` which
    types of variables, `shown_if` under which sibling values a setting matters. `defaults` is the data of a new node.
    """

    type: str
    title: Translated
    description: Translated
    family: str
    icon: str
    modes: list[str]
    settings: JsonObject
    defaults: JsonObject
    outputs: list[OutputShown]
    outputs_from: list[OutputsFromShown]
    runs_alone: bool
    retries: bool
    handles_errors: bool


class NodeTypeList(BaseModel):
    data: list[NodeTypeShown]


@router.get("/workflow-node-types")
async def list_node_types(_: MemberDep) -> NodeTypeList:
    """Every node type with its settings, its outputs, and what it can do."""
    return node_type_list()


@cache
def node_type_list() -> NodeTypeList:
    """The same for everybody, for as long as the program runs."""
    defaults: dict[str, JsonObject] = {}
    modes: dict[str, list[str]] = {}
    for mode in (AppMode.WORKFLOW, AppMode.ADVANCED_CHAT):
        for block in blocks(mode):
            defaults.setdefault(block.type, block.data)
            modes.setdefault(block.type, []).append(mode.value)
    return NodeTypeList(data=[_shown(kind, defaults.get(kind, {}), modes.get(kind, [])) for kind in FORMS])


def _shown(kind: str, defaults: JsonObject, modes: list[str]) -> NodeTypeShown:
    about = ABOUT[kind]
    return NodeTypeShown(
        type=kind,
        title=_translated(about.title),
        description=_translated(about.description),
        family=about.family,
        icon=about.icon,
        modes=modes,
        settings=FORMS[kind].model_json_schema(),
        defaults=defaults,
        outputs=[OutputShown(name=output.name, type=output.type) for output in about.outputs],
        outputs_from=[
            OutputsFromShown(setting=each.setting, name=each.name, type=each.type) for each in about.outputs_from
        ],
        runs_alone=about.runs_alone,
        retries=about.retries,
        handles_errors=about.handles_errors,
    )


def _translated(words: Words) -> Translated:
    return Translated(en_US=words.en, zh_Hans=words.zh, ja_JP=words.ja)

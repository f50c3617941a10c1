"""The pipeline that a blank base begins with, and what a base takes from the file of its pipeline."""

from typing import Final

from treadle.apps.editing.pipeline_blocks import FILE_SOURCE, KEEPING
from treadle.dsl import AppFile, AppMode, JsonMap, WorkflowFile, with_feature_defaults

FILE_NODE: Final = "file"
"""The data source of uploaded files, in blank pipelines and in those of the examples."""
ICON: Final = "📄"
BACKGROUND: Final = "#E6F4EA"


def blank_pipeline() -> AppFile:
    """A file goes in, and nothing is made of it yet."""
    nodes: list[JsonMap] = [
        _node(FILE_NODE, 80, {"type": "datasource", "title": "File", "desc": "", **FILE_SOURCE}),
        _node("base", 680, {"type": "knowledge-index", "title": "Knowledge base", "desc": "", **KEEPING}),
    ]
    graph: JsonMap = {"nodes": [*nodes], "edges": [], "viewport": {"x": 0, "y": 0, "zoom": 1}}
    workflow = WorkflowFile(graph=graph, features=with_feature_defaults({}, chat=False))
    return AppFile(
        mode=AppMode.WORKFLOW,
        name="Knowledge pipeline",
        icon=ICON,
        icon_type="emoji",
        icon_background=BACKGROUND,
        workflow=workflow,
    )


def icon_of(file: AppFile) -> JsonMap:
    """The icon of a base that is made with this pipeline."""
    return {
        "icon_type": file.icon_type or "emoji",
        "icon": file.icon or ICON,
        "icon_background": file.icon_background or BACKGROUND,
    }


def _node(node_id: str, left: int, data: JsonMap) -> JsonMap:
    return {
        "id": node_id,
        "type": "custom",
        "position": {"x": left, "y": 280},
        "width": 244,
        "sourcePosition": "right",
        "targetPosition": "left",
        "data": data,
    }

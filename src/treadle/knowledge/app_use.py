"""Which app uses which base: written down whenever a version of an app becomes the one that runs.

Source: spec knowledge §1.6.
"""

from collections.abc import Mapping

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from treadle.apps.compile import graph_spec
from treadle.apps.definition import Definition
from treadle.apps.features.retrieval import base_ids
from treadle.apps.tables import App
from treadle.engine.errors import GraphError
from treadle.engine.values import JsonValue
from treadle.knowledge.tables import AppKnowledge
from treadle.platform.clock import now_us

_ID_LENGTH = 36


def bases_of(definition: Definition) -> list[str]:
    """The ids of the bases that a version names, each once; one that is gone may be among them."""
    if definition.model_config is not None:
        found = base_ids(definition.model_config)
    else:
        try:
            nodes = graph_spec(definition).nodes
        except GraphError:
            return []
        found = [each for node in nodes if node.kind == "knowledge-retrieval" for each in _listed(node.data)]
    return [each for each in dict.fromkeys(found) if 0 < len(each) <= _ID_LENGTH]


async def note_use(session: AsyncSession, app: App, definition: Definition) -> None:
    """For `AppService.publish_hooks`: the bases that the app uses from now on."""
    await session.execute(delete(AppKnowledge).where(AppKnowledge.app_id == app.id))
    now = now_us()
    session.add_all(
        AppKnowledge(app_id=app.id, base_id=base_id, workspace_id=app.workspace_id, created_at=now)
        for base_id in bases_of(definition)
    )


def _listed(data: Mapping[str, JsonValue]) -> list[str]:
    ids = data.get("dataset_ids")
    return [each for each in ids if isinstance(each, str)] if isinstance(ids, list) else []

"""What a recorded run was a run of: a version that was published, or the draft with the graph of then."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import msgspec
from sqlalchemy import select

from treadle.apps.compile import CompiledApp
from treadle.apps.definition import Definition
from treadle.apps.editing.drafts import Drafts
from treadle.apps.running.records import RunRecord
from treadle.apps.service import AppService
from treadle.apps.tables import AppVersion
from treadle.apps.tool_secrets import ToolSecrets
from treadle.dsl import EnvironmentType, JsonMap
from treadle.engine.values import Value
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database
from treadle.platform.refusals import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """`graph` is the JSON of its graph, as the record of a run of a draft keeps it."""

    definition: Definition
    graph: str | None
    of_draft: bool


class RecordedDefinitions:
    """Finds what runs were runs of."""

    def __init__(self, db: Database, crypto: Crypto, apps: AppService, drafts: Drafts) -> None:
        self._db = db
        self._crypto = crypto
        self._apps = apps
        self._drafts = drafts

    async def of(self, record: RunRecord) -> Recorded:
        """For a run of a draft, what is around the graph is the draft's of now. Raises NotFound when it is gone."""
        draft = await self._drafts.read(record.workspace_id, record.app_id)
        if record.version_id != draft.row.id:
            try:
                definition = await self._apps.definition(draft.app, record.version_id)
            except NotFound as error:
                if record.graph is None:
                    gone = "The version that this run was of has been deleted; repeat it on the draft."
                    raise NotFound(gone) from error
            else:
                async with self._db.session() as session:
                    text = await session.scalar(select(AppVersion.graph).where(AppVersion.id == record.version_id))
                return Recorded(definition=definition, graph=text, of_draft=False)
        definition = draft.definition
        if definition.workflow is not None and record.graph is not None:
            graph: JsonMap = ToolSecrets(record.app_id, self._crypto).opened(msgspec.json.decode(record.graph))
            definition = replace(definition, workflow=replace(definition.workflow, graph=graph))
        return Recorded(definition=definition, graph=record.graph, of_draft=record.version_id == draft.row.id)


def with_environment(version: CompiledApp, definition: Definition, changed: Mapping[str, Value]) -> CompiledApp:
    """`version`, compiled from `definition`, with other values of environment variables; secret ones stay secret."""
    if not changed or definition.workflow is None:
        return version
    kinds = {each.name: each.value_type for each in definition.workflow.environment_variables}
    secrets = [str(value) for name, value in changed.items() if kinds.get(name) is EnvironmentType.SECRET]
    return replace(version, environment={**version.environment, **changed}, secrets=(*version.secrets, *secrets))

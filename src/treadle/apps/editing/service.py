"""Everything that people who edit apps need, put together. Drafts are in `drafts`, runs of them in `debugging`."""

from dataclasses import dataclass

from treadle.apps.editing.checklist import DraftCheck
from treadle.apps.editing.debug_history import DebugHistory
from treadle.apps.editing.debugging import DebugRuns
from treadle.apps.editing.drafts import Drafts
from treadle.apps.editing.imports import Imports
from treadle.apps.editing.making import AppMaking
from treadle.apps.editing.replays import Replays
from treadle.apps.editing.variables import DraftVariables
from treadle.apps.editing.versions import Versions
from treadle.apps.features.check import FeatureCheck
from treadle.apps.running.recorder import Recording
from treadle.apps.running.runs import RunHost
from treadle.apps.service import AppService
from treadle.apps.uploads import Uploads
from treadle.engine.ports import Http
from treadle.models.service import ModelService
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database
from treadle.tools.service import ToolService


@dataclass(frozen=True, slots=True, kw_only=True)
class Editing:
    """The services of the editor."""

    making: AppMaking
    imports: Imports
    drafts: Drafts
    check: DraftCheck
    versions: Versions
    variables: DraftVariables
    runs: DebugRuns
    history: DebugHistory
    replays: Replays

    @classmethod
    def over(
        cls,
        *,
        db: Database,
        crypto: Crypto,
        apps: AppService,
        models: ModelService,
        drafts: Drafts,
        uploads: Uploads,
        http: Http,
        host: RunHost,
        recording: Recording,
        features: FeatureCheck,
        tools: ToolService,
    ) -> "Editing":
        """The services of the editor over those of the process."""
        variables = DraftVariables(db, crypto)
        runs = DebugRuns(
            db=db,
            drafts=drafts,
            apps=apps,
            variables=variables,
            host=host,
            recording=recording,
            uploads=uploads,
            crypto=crypto,
        )
        return cls(
            making=AppMaking(db, apps, models),
            imports=Imports(db, apps, drafts, http),
            drafts=drafts,
            check=DraftCheck(drafts, apps, models, features, tools),
            versions=Versions(db, crypto),
            variables=variables,
            runs=runs,
            history=DebugHistory(db, recording.settle),
            replays=Replays(
                db=db,
                crypto=crypto,
                apps=apps,
                drafts=drafts,
                runs=runs,
                host=host,
                recording=recording,
                uploads=uploads,
            ),
        )

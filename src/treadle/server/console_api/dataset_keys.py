"""The console API: keys that open knowledge bases to programs (spec knowledge §19)."""

from dataclasses import dataclass

from treadle.accounts.tables import ApiKey, KeyType
from treadle.platform.clock import SECOND
from treadle.server.console_api.access import AdministratorDep, MemberDep, ServicesDep, console_router
from treadle.server.console_api.knowledge_access import asker_of

router = console_router("Dataset keys")

_ROOT = "/datasets/api-keys"


@dataclass(slots=True)
class DatasetKey:
    """A key. `token` is the whole key, known when it is made and never again; `dataset_id` the one base that it opens,
    None for all of the workspace."""

    id: str
    type: str
    last_characters: str
    dataset_id: str | None
    created_at: float
    last_used_at: float | None
    token: str | None = None


@dataclass(slots=True)
class DatasetKeys:
    data: list[DatasetKey]


@dataclass(slots=True)
class NewDatasetKey:
    """`dataset_id`: the one base that the key is to open."""

    dataset_id: str | None = None


@dataclass(slots=True)
class ApiBase:
    api_base_url: str


@router.get(_ROOT)
async def list_keys(services: ServicesDep, signed_in: MemberDep) -> DatasetKeys:
    """The keys of the workspace, without their tokens."""
    asker_of(signed_in).may_work()
    rows = await services.keys.list_keys(signed_in.workspace_id, KeyType.DATASET)
    return DatasetKeys([_shown(row) for row in rows])


@router.post(_ROOT, status_code=201)
async def create_key(
    services: ServicesDep, signed_in: AdministratorDep, body: NewDatasetKey | None = None
) -> DatasetKey:
    """A new key, shown this once."""
    base_id = body.dataset_id if body else None
    if base_id:
        base_id = (await services.knowledge.bases.read(asker_of(signed_in), base_id)).id
    made = await services.keys.create(
        signed_in.workspace_id, KeyType.DATASET, base_id=base_id or None, account_id=signed_in.account_id
    )
    rows = await services.keys.list_keys(signed_in.workspace_id, KeyType.DATASET)
    shown = _shown(next(row for row in rows if row.id == made.id))
    shown.token = made.token
    return shown


@router.delete(f"{_ROOT}/{{key_id}}", status_code=204)
async def delete_key(key_id: str, services: ServicesDep, signed_in: AdministratorDep) -> None:
    """The key opens nothing from now on."""
    await services.keys.revoke(signed_in.workspace_id, key_id)


@router.get("/datasets/api-base-info")
async def read_api_base(services: ServicesDep, signed_in: MemberDep) -> ApiBase:
    """The address under which programs reach knowledge bases."""
    return ApiBase(f"{services.links.base}/v1")


def _shown(row: ApiKey) -> DatasetKey:
    return DatasetKey(
        id=row.id,
        type=row.type,
        last_characters=row.last_characters,
        dataset_id=row.base_id,
        created_at=row.created_at / SECOND,
        last_used_at=row.last_used_at / SECOND if row.last_used_at else None,
    )

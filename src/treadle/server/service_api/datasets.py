"""Knowledge bases (spec service-api §5.3)."""

import msgspec
from starlette.responses import Response
from starlette.types import ASGIApp

from treadle.knowledge.repository import BaseFilter
from treadle.knowledge.requests import DatasetChange, NewDataset
from treadle.platform.refusals import InvalidParam
from treadle.server.app_call import From
from treadle.server.responses import json_response
from treadle.server.service_api.dataset_calls import DATASET, DatasetCall, dataset_route, paging_of


class ListQuery(msgspec.Struct):
    keyword: str = ""
    include_all: str = ""


async def create_dataset(call: DatasetCall) -> ASGIApp:
    """POST /datasets."""
    if not call.json.get("name"):
        raise InvalidParam("`name` is required.", param="name")
    return json_response(await call.knowledge.bases.create(call.asker, call.body(NewDataset)))


async def list_datasets(call: DatasetCall) -> ASGIApp:
    """GET /datasets."""
    wanted, paging = call.query(ListQuery), paging_of(call)
    chosen = BaseFilter(keyword=wanted.keyword, tag_ids=tuple(call.queries("tag_ids")), everything=True)
    page = await call.knowledge.bases.list_bases(call.asker, chosen, page=paging.page, limit=paging.limit)
    return json_response(page)


async def read_dataset(call: DatasetCall) -> ASGIApp:
    """GET /datasets/{dataset_id}."""
    return json_response(await call.knowledge.bases.read(call.asker, call.dataset_id))


async def change_dataset(call: DatasetCall) -> ASGIApp:
    """PATCH /datasets/{dataset_id}."""
    return json_response(await call.knowledge.bases.change(call.asker, call.dataset_id, call.body(DatasetChange)))


async def delete_dataset(call: DatasetCall) -> ASGIApp:
    """DELETE /datasets/{dataset_id}."""
    await call.knowledge.bases.delete(call.asker, call.dataset_id)
    return Response(status_code=204)


ROUTES = [
    dataset_route("POST", "/datasets", create_dataset, reads=From.JSON),
    dataset_route("GET", "/datasets", list_datasets),
    dataset_route("GET", DATASET, read_dataset),
    dataset_route("PATCH", DATASET, change_dataset, reads=From.JSON),
    dataset_route("DELETE", DATASET, delete_dataset),
]

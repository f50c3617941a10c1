"""What a pipeline is told to read, as it is asked for and as it is kept with a document. Source: spec knowledge §23."""

from dataclasses import dataclass
from typing import Literal, cast

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from treadle.knowledge.access import Asker
from treadle.knowledge.requests import JsonMap
from treadle.knowledge.tables import Document, StoredOrder
from treadle.platform.clock import now_us

SourceType = Literal["local_file", "online_document", "website_crawl", "online_drive"]


@dataclass(slots=True, kw_only=True)
class PipelineOrder:
    """What a pipeline is to read. `is_published`: its documents are kept; otherwise the draft runs and shows them."""

    inputs: JsonMap
    datasource_type: SourceType
    datasource_info_list: list[JsonMap]
    start_node_id: str
    is_published: bool = True
    response_mode: Literal["streaming", "blocking"] = "blocking"


async def keep_order(
    session: AsyncSession, asker: Asker, document: Document, order: PipelineOrder, info: JsonMap
) -> None:
    """Note what `document` is made of; the row of the document must be written before."""
    row = await session.get(StoredOrder, document.id)
    if row is None:
        row = StoredOrder(document_id=document.id, workspace_id=asker.workspace_id)
        session.add(row)
    row.start_node_id, row.datasource_type = order.start_node_id, order.datasource_type
    row.datasource_info = msgspec.json.encode(info).decode()
    row.inputs = msgspec.json.encode(order.inputs).decode()
    row.created_by, row.created_at = asker.account_id, now_us()


def order_of(row: StoredOrder) -> PipelineOrder:
    """The order that was kept, for its one source."""
    return PipelineOrder(
        inputs=msgspec.json.decode(row.inputs),
        datasource_type=cast(SourceType, row.datasource_type),
        datasource_info_list=[msgspec.json.decode(row.datasource_info)],
        start_node_id=row.start_node_id,
    )

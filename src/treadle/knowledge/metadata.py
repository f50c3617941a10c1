"""The metadata fields of a base, and the values of its documents. Source: spec knowledge §13.1, §13.2."""

import math
from collections import Counter
from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from treadle.knowledge.access import Asker
from treadle.knowledge.document_repository import DocumentRepository
from treadle.knowledge.finding import checked_id, find_base, find_own_base
from treadle.knowledge.metadata_values import (
    BUILT_IN,
    BUILT_IN_ID,
    FIELD_TYPES,
    set_values,
    values_of,
    with_built_in,
    without_built_in,
)
from treadle.knowledge.repository import BaseRepository
from treadle.knowledge.requests import DocumentMetadata
from treadle.knowledge.shapes import FieldCount, FieldShown
from treadle.knowledge.tables import Document, MetadataField
from treadle.knowledge.telling import field_shown
from treadle.platform.clock import now_us
from treadle.platform.db import Database
from treadle.platform.ids import new_id
from treadle.platform.refusals import InvalidParam, NotFound

MAX_NAME = 255
MAX_VALUE = 10_000


class Metadata:
    """The metadata of all bases; every call says who asks."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def fields(self, asker: Asker, base_id: str) -> tuple[list[FieldCount], bool]:
        """The fields with how many documents have each, and whether those that every base has are on."""
        async with self._db.session() as session:
            base = await find_base(session, asker, base_id)
            fields = (await BaseRepository(session, asker.workspace_id).fields([base.id])).get(base.id, [])
            documents = await DocumentRepository(session, asker.workspace_id).documents(base.id) if fields else ()
        used = Counter(name for row in documents for name in values_of(row))
        return [FieldCount(row.id, row.name, row.type, used[row.name]) for row in fields], base.built_in_field_enabled

    async def add(self, asker: Asker, base_id: str, type: str, name: str) -> FieldShown:
        """Raises NotFound, Forbidden and InvalidParam."""
        if type not in FIELD_TYPES:
            raise InvalidParam(f"`type` must be one of {', '.join(FIELD_TYPES)}, not {type!r}.", param="type")
        async with self._db.transaction(lock=f"metadata of {base_id}") as session:
            base = await find_own_base(session, asker, base_id)
            wanted = await _free_name(session, asker, base.id, name)
            row = MetadataField(
                id=new_id(),
                workspace_id=asker.workspace_id,
                base_id=base.id,
                type=type,
                name=wanted,
                created_by=asker.account_id,
                created_at=now_us(),
            )
            session.add(row)
        return field_shown(row)

    async def rename(self, asker: Asker, base_id: str, field_id: str, name: str) -> FieldShown:
        """The values move with it. Raises NotFound, Forbidden and InvalidParam."""
        async with self._db.transaction(lock=f"metadata of {base_id}") as session:
            base = await find_base(session, asker, base_id)
            row = await _field(session, asker, base.id, field_id)
            before = row.name
            if name.strip() != before:
                row.name = await _free_name(session, asker, base.id, name)
                for document in await DocumentRepository(session, asker.workspace_id).documents(base.id):
                    values = values_of(document)
                    if before in values:
                        set_values(document, {row.name if key == before else key: values[key] for key in values})
        return field_shown(row)

    async def delete(self, asker: Asker, base_id: str, field_id: str) -> FieldShown:
        """With its values. Raises NotFound and Forbidden."""
        async with self._db.transaction(lock=f"metadata of {base_id}") as session:
            base = await find_base(session, asker, base_id)
            row = await _field(session, asker, base.id, field_id)
            for document in await DocumentRepository(session, asker.workspace_id).documents(base.id):
                values = values_of(document)
                if values.pop(row.name, values) is not values:
                    set_values(document, values)
            await session.execute(delete(MetadataField).where(MetadataField.id == row.id))
        return field_shown(row)

    async def switch_built_in(self, asker: Asker, base_id: str, action: str) -> None:
        """Write the fields that every base has into all documents, or take them out. Raises NotFound, Forbidden."""
        if action not in ("enable", "disable"):
            raise InvalidParam(f"There is no action {action!r}; use enable or disable.", param="action")
        async with self._db.transaction(lock=f"metadata of {base_id}") as session:
            base = await find_own_base(session, asker, base_id)
            base.built_in_field_enabled = action == "enable"
            documents = await DocumentRepository(session, asker.workspace_id).documents(base.id)
            names = await BaseRepository(session, asker.workspace_id).names(row.created_by for row in documents)
            for row in documents:
                if base.built_in_field_enabled:
                    with_built_in(row, names.get(row.created_by or ""))
                else:
                    without_built_in(row)

    async def set_values(self, asker: Asker, base_id: str, operations: Sequence[DocumentMetadata]) -> None:
        """Values of documents, all or none. Raises NotFound, Forbidden and InvalidParam."""
        async with self._db.transaction(lock=f"metadata of {base_id}") as session:
            base = await find_base(session, asker, base_id)
            fields = {
                row.id: row
                for row in (await BaseRepository(session, asker.workspace_id).fields([base.id])).get(base.id, [])
            }
            ids = [checked_id(each.document_id, "document") for each in operations]
            documents = {
                row.id: row for row in await DocumentRepository(session, asker.workspace_id).documents(base.id, ids)
            }
            for number, operation in enumerate(operations):
                document = documents.get(operation.document_id)
                if document is None:
                    raise NotFound(f"There is no document {operation.document_id} in this knowledge base.")
                _apply(document, operation, fields, f"operation_data[{number}]")


def _apply(document: Document, operation: DocumentMetadata, fields: dict[str, MetadataField], at: str) -> None:
    """Raises InvalidParam."""
    before = values_of(document)
    names = {row.name for row in fields.values()}
    values = before if operation.partial_update else {key: before[key] for key in before if key not in names}
    for place, entry in enumerate(operation.metadata_list):
        if entry.id == BUILT_IN_ID:
            continue
        where = f"{at}.metadata_list[{place}]"
        field = fields.get(entry.id)
        if field is None:
            raise InvalidParam(f"`{where}.id` names no metadata field of this knowledge base.", param=where)
        values[field.name] = _checked_value(entry.value, field, f"{where}.value")
    set_values(document, values)


def _checked_value(value: str | int | float | None, field: MetadataField, at: str) -> str | int | float | None:
    """`value` as its field's type takes it. Raises InvalidParam."""
    if value is None or value == "":
        return None if field.type != "string" else value
    if field.type == "string":
        text = str(value)
        if len(text) > MAX_VALUE:
            raise InvalidParam(f"`{at}` is longer than {MAX_VALUE} characters.", param=at)
        return text.replace("\x00", "")
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            what = "a number" if field.type == "number" else "seconds since the epoch"
            raise InvalidParam(f"`{at}` must be {what}: {field.name} is a {field.type} field.", param=at) from None
    if isinstance(value, bool) or not math.isfinite(value):
        raise InvalidParam(f"`{at}` must be a number.", param=at)
    return int(value) if float(value).is_integer() else value


async def _field(session: AsyncSession, asker: Asker, base_id: str, field_id: str) -> MetadataField:
    query = select(MetadataField).where(
        MetadataField.workspace_id == asker.workspace_id,
        MetadataField.base_id == base_id,
        MetadataField.id == checked_id(field_id, "metadata field"),
    )
    row = (await session.scalars(query)).one_or_none()
    if row is None:
        raise NotFound("There is no such metadata field in this knowledge base.")
    return row


async def _free_name(session: AsyncSession, asker: Asker, base_id: str, name: str) -> str:
    """A name that no field of the base has. Raises InvalidParam."""
    wanted = name.strip().replace("\x00", "")
    if not 1 <= len(wanted) <= MAX_NAME:
        raise InvalidParam(f"`name` must have 1 to {MAX_NAME} characters.", param="name")
    if wanted in BUILT_IN:
        raise InvalidParam(f"`{wanted}` is a field that every knowledge base has; choose another name.", param="name")
    taken = select(MetadataField.id).where(
        MetadataField.workspace_id == asker.workspace_id,
        MetadataField.base_id == base_id,
        MetadataField.name == wanted,
    )
    if (await session.scalars(taken)).first() is not None:
        raise InvalidParam(f"There is a field named {wanted!r} already.", param="name")
    return wanted

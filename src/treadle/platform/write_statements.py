"""The SQL of written-behind records, made once per table and shape of row."""

from typing import Literal, NamedTuple, TypeAlias

from sqlalchemy import bindparam, update

from .db import AnyTable, Database

Kind: TypeAlias = Literal["insert", "upsert", "update"]
_KIND_ORDER: dict[Kind, int] = {"insert": 0, "upsert": 1, "update": 2}


class Statement(NamedTuple):
    """`sql` takes values in the order of `columns`. Statements of a transaction run by `order`."""

    table: AnyTable
    sql: str
    columns: tuple[str, ...]
    order: tuple[int, int]


class Statements:
    """Compiles statements for one database and remembers them."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._made: dict[tuple[AnyTable, Kind, tuple[str, ...]], Statement] = {}
        self._keys: dict[AnyTable, tuple[str, ...]] = {}

    def primary_key(self, table: AnyTable) -> tuple[str, ...]:
        """The names of the columns that identify a row."""
        key = self._keys.get(table)
        if key is None:
            key = self._keys[table] = tuple(column.name for column in table.primary_key.columns)
        return key

    def get(self, table: AnyTable, kind: Kind, columns: tuple[str, ...]) -> Statement:
        """The statement that writes rows with exactly these columns."""
        made = self._made.get((table, kind, columns))
        if made is None:
            made = self._made[table, kind, columns] = self._make(table, kind, columns)
        return made

    def _make(self, table: AnyTable, kind: Kind, columns: tuple[str, ...]) -> Statement:
        key = self.primary_key(table)
        # Prefixed, because SQLAlchemy keeps the bare names of columns for itself.
        values = {name: bindparam(f"v_{name}", type_=table.c[name].type) for name in columns}
        rest = [name for name in columns if name not in key]
        if kind == "update":
            made = update(table).values({name: values[name] for name in rest})
            for name in key:
                made = made.where(table.c[name] == values[name])
        else:
            insert = self._db.insert(table).values(values)
            # An insert may be repeated after a connection broke while its commit was under way.
            made = (
                insert.on_conflict_do_update(
                    index_elements=list(key), set_={name: insert.excluded[name] for name in rest}
                )
                if kind == "upsert" and rest
                else insert.on_conflict_do_nothing(index_elements=list(key))
            )
        sql, names = self._db.compile(made)
        order = table.metadata.sorted_tables.index(table), _KIND_ORDER[kind]
        return Statement(table, sql, tuple(name.removeprefix("v_") for name in names), order)

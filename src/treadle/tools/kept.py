"""What was read from the database, kept until it changes."""

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Key = TypeVar("Key")
Item = TypeVar("Item")


class Kept(Generic[Key, Item]):
    """Items by key. One that was read while something changed is given, but not kept."""

    def __init__(self) -> None:
        self._items: dict[Key, Item] = {}
        self._changes = 0

    async def get(self, key: Key, read: Callable[[], Awaitable[Item | None]]) -> Item | None:
        """The item that is kept, else what `read` gives; None is not kept."""
        item = self._items.get(key)
        if item is None:
            changes = self._changes
            item = await read()
            if item is not None and changes == self._changes:
                self._items[key] = item
        return item

    def forget(self) -> None:
        """Something has changed."""
        self._changes += 1
        self._items.clear()

"""Secrets in filled-in forms: sealed at rest, masked when shown, kept when they come back masked.

Source: spec models-and-tools §4.2.
"""

import logging
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Final

from treadle.engine.values import JsonValue
from treadle.platform.crypto import Crypto, SecretError

_log = logging.getLogger(__name__)

HIDDEN: Final = "[__HIDDEN__]"
"""What a client may send for a secret that is to stay as it is."""


def mask(secret: str) -> str:
    """A secret as forms show it: of more than 6 characters the first two and the last two stay."""
    return f"{secret[:2]}{'*' * (len(secret) - 4)}{secret[-2:]}" if len(secret) > 6 else "*" * len(secret)


def masked(values: Mapping[str, JsonValue], secrets: AbstractSet[str]) -> dict[str, JsonValue]:
    """`values` with every secret unreadable."""
    return {
        name: mask(value) if name in secrets and isinstance(value, str) else value for name, value in values.items()
    }


def restored(
    submitted: Mapping[str, JsonValue], stored: Mapping[str, JsonValue], secrets: AbstractSet[str]
) -> dict[str, JsonValue]:
    """`submitted` with the stored secret wherever its mask came back."""

    def kept(name: str, value: JsonValue) -> JsonValue:
        old = stored.get(name)
        if name in secrets and isinstance(old, str) and value in (HIDDEN, mask(old)):
            return old
        return value

    return {name: kept(name, value) for name, value in submitted.items()}


class Seal:
    """Seals the secrets of rows of one table."""

    def __init__(self, crypto: Crypto, table: str) -> None:
        self._crypto = crypto
        self._table = table

    def sealed(
        self, values: Mapping[str, JsonValue], secrets: AbstractSet[str], workspace_id: str, row_id: str
    ) -> dict[str, JsonValue]:
        """`values` in which no secret can be read."""
        return {
            name: self._crypto.encrypt(value, context=self._context(workspace_id, row_id, name))
            if name in secrets and isinstance(value, str)
            else value
            for name, value in values.items()
        }

    def opened(
        self, values: Mapping[str, JsonValue], secrets: AbstractSet[str], workspace_id: str, row_id: str
    ) -> dict[str, JsonValue]:
        """The opposite. A secret that does not open is left out and logged; the upstream then says so."""
        opened: dict[str, JsonValue] = {}
        for name, value in values.items():
            if name in secrets and isinstance(value, str):
                try:
                    value = self._crypto.decrypt(value, context=self._context(workspace_id, row_id, name))
                except SecretError as error:
                    _log.error("the secret %s of %s %s cannot be read: %s", name, self._table, row_id, error)
                    continue
            opened[name] = value
        return opened

    def _context(self, workspace_id: str, row_id: str, name: str) -> str:
        return f"{self._table}/{workspace_id}/{row_id}/{name}"

"""Secrets kept out of records: every text that is written down goes through the mask of its run.

Where masking changed a value that a resumed run needs, the value itself is kept beside it, encrypted.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias, cast
from urllib.parse import quote, quote_plus

import msgspec

from treadle.engine.values import JsonValue, Value, plain
from treadle.platform.crypto import Crypto

MASK = "******"
_SHORTEST_PART = 4
"""Shorter secrets are masked where they are a whole value only: parts of other texts are like them by chance."""

Recordable: TypeAlias = (
    "Value | JsonValue | Mapping[str, Value] | Mapping[str, JsonValue] | Sequence[Mapping[str, Value]]"
)
"""A value of a run, or plain JSON."""

_encode = msgspec.json.Encoder(enc_hook=str).encode


class Recorded(NamedTuple):
    """A value as records show it, and what it was where that differs (encrypted)."""

    text: str
    sealed: str | None


class Mask:
    """Hides the secrets of one run."""

    def __init__(self, crypto: Crypto, secrets: Iterable[str] = ()) -> None:
        self._crypto = crypto
        known = {secret for secret in secrets if secret}
        forms = {
            form
            for secret in known
            if len(secret) >= _SHORTEST_PART
            for form in (secret, quote(secret, safe=""), quote_plus(secret), quote(secret))
        }
        # The longest first, so that no secret is left half shown by another one inside it.
        self._parts = tuple(sorted(forms, key=len, reverse=True))
        self._wholes = frozenset(known)
        escaped = [_json(part) or "" for part in self._parts]
        wholes = [_json(whole) or "" for whole in self._wholes]
        self._clues = tuple({*(clue[1:-1] for clue in escaped), *wholes} - {""})

    def text(self, text: str) -> str:
        """`text` without secrets, and without what a database cannot hold."""
        if self._wholes:
            if text in self._wholes:
                return MASK
            for part in self._parts:
                text = text.replace(part, MASK)
        return storable(text)

    def json(self, value: Recordable) -> str:
        """`value` as JSON without secrets."""
        text = _json(value)
        return self._shown(value) if text is None or self._has_clue(text) else text

    def shown(self, value: Recordable) -> msgspec.Raw:
        """`value` without secrets, as JSON for those who follow a run."""
        return msgspec.Raw(self.json(value).encode())

    def sealing(self, value: Recordable, *, context: str) -> Recorded:
        """`value` as JSON without secrets; the true JSON sealed for `context` where that is something else."""
        text = _json(value)
        if text is not None and not self._has_clue(text):
            return Recorded(text, None)
        true = text or json.dumps(plain(cast("Value", value)))
        return Recorded(self._shown(value), self._crypto.encrypt(true, context=context))

    def sealed(self, value: Recordable, *, context: str) -> str:
        """`value` as JSON, sealed for `context` whatever it is."""
        return self._crypto.encrypt(_json(value) or "null", context=context)

    def _has_clue(self, text: str) -> bool:
        return bool(self._clues) and any(clue in text for clue in self._clues)

    def _shown(self, value: Recordable) -> str:
        return _json(self._masked(plain(cast("Value", value)))) or "null"

    def _masked(self, value: JsonValue) -> JsonValue:
        match value:
            case str():
                return self.text(value)
            case list():
                return [self._masked(item) for item in value]
            case dict():
                return {self.text(key): self._masked(item) for key, item in value.items()}
            case int() | float() if not isinstance(value, bool):
                shown = str(value)
                return value if self.text(shown) == shown else MASK
            case _:
                return value


def storable(text: str) -> str:
    """`text` without the letters that PostgreSQL or UTF-8 cannot hold."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def open_json(text: str, sealed: str | None, crypto: Crypto, *, context: str) -> JsonValue:
    """The value that `Mask.sealing` was given. Raises SecretError when it was sealed with another key or context."""
    if sealed is None:
        return msgspec.json.decode(text)
    # The standard reader, because what is sealed may hold lone surrogates, which strict JSON does not know.
    return json.loads(crypto.decrypt(sealed, context=context))


def _json(value: Recordable) -> str | None:
    """Strict JSON; None where `value` holds letters that UTF-8 cannot."""
    try:
        return _encode(value).decode()
    except UnicodeEncodeError:
        return None
    except RecursionError:
        return '"This value is nested too deeply to be recorded."'

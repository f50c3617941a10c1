"""Links to files that anybody may open who has them, for a while.

Source: spec service-api §1.9.
"""

import re
import secrets
import time
from collections.abc import Set
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote, urlencode

from treadle.platform.crypto import Crypto

FileKind = Literal["upload", "tool"]

_LINK = re.compile(
    r"(?:https?://[^/\s()<>\"']+)?/files/(?:(?P<upload>[0-9a-f-]{36})/file-preview|tools/(?P<tool>[0-9a-f-]{36})"
    r"\.(?P<extension>[A-Za-z0-9]{1,16}))"
    r"\?timestamp=(?P<timestamp>\d+)&nonce=(?P<nonce>[0-9a-f]+)&sign=(?P<sign>[A-Za-z0-9_=%-]+)"
)
_REFERENCE = re.compile(
    r"(?P<place>(?:https?://[^/\s()<>\"']+)?/files/tools/(?P<id>[0-9a-f-]{36})\.(?P<extension>[A-Za-z0-9]{1,16}))"
    r"(?:\?timestamp=\d+&nonce=[0-9a-f]+&sign=[A-Za-z0-9_=%-]+)?"
)

_CLOCK_SKEW = 60
"""Seconds that the clock of another process may be ahead."""


@dataclass(frozen=True, slots=True)
class SignedLinks:
    """Makes and checks links under `base`, valid for `seconds`."""

    crypto: Crypto
    base: str
    seconds: int

    def link(self, kind: FileKind, file_id: str, extension: str = "") -> str:
        """A link to a stored file. `extension` has no dot."""
        timestamp, nonce = str(int(time.time())), secrets.token_hex(16)
        query = urlencode({"timestamp": timestamp, "nonce": nonce, "sign": self._sign(kind, file_id, timestamp, nonce)})
        path = f"{file_id}/file-preview" if kind == "upload" else f"tools/{file_id}.{extension or 'bin'}"
        return f"{self.base}/files/{path}?{query}"

    def valid(self, kind: FileKind, file_id: str, timestamp: str, nonce: str, sign: str) -> bool:
        """Whether a link was made here and has not run out."""
        if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 16):
            return False
        fresh = -_CLOCK_SKEW <= time.time() - int(timestamp) <= self.seconds
        return fresh and self.crypto.verify(_message(kind, file_id, timestamp, nonce), sign)

    def signed_again(self, text: str) -> str:
        """`text` with the links in it made anew, since stored ones have run out.

        Only links that were made here: whoever can bring a text into an answer cannot have a file signed that way.
        """
        if "/files/" not in text:
            return text
        return _LINK.sub(self._again, text)

    def completed(self, text: str, file_ids: Set[str]) -> str:
        """`text` with what `reference` gave for these files as links that open; others stay as they are."""
        if "/files/" not in text:
            return text
        return _REFERENCE.sub(
            lambda found: self.link("tool", found["id"], found["extension"]) if found["id"] in file_ids else found[0],
            text,
        )

    def _again(self, match: re.Match[str]) -> str:
        kind: FileKind = "upload" if match["upload"] else "tool"
        file_id = match["upload"] or match["tool"]
        message = _message(kind, file_id, match["timestamp"], match["nonce"])
        if not self.crypto.verify(message, unquote(match["sign"])):
            return match[0]
        return self.link(kind, file_id, match["extension"] or "")

    def _sign(self, kind: FileKind, file_id: str, timestamp: str, nonce: str) -> str:
        return self.crypto.sign(_message(kind, file_id, timestamp, nonce))


def reference(file_id: str, extension: str) -> str:
    """How a kept text names a file that was made here: neither a secret nor a time is in it."""
    return f"/files/tools/{file_id}.{extension or 'bin'}"


def referred(text: str) -> list[str]:
    """The ids of the files that a text refers to as `reference` does, each once, in their order."""
    return list(dict.fromkeys(found["id"] for found in _REFERENCE.finditer(text))) if "/files/" in text else []


def unsigned(text: str) -> str:
    """`text` as it is kept: links to files that were made here without what opens them."""
    return _REFERENCE.sub(lambda found: found["place"], text) if "/files/" in text else text


def _message(kind: FileKind, file_id: str, timestamp: str, nonce: str) -> str:
    return f"file|{kind}|{file_id}|{timestamp}|{nonce}"

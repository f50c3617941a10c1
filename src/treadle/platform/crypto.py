"""Secrets: the key file, encryption of stored secrets, signatures, and hashes of tokens.

Every use has a key of its own, derived from the one in the key file, so that nothing made for one purpose is
accepted for another.
"""

import base64
import binascii
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_KEY_BYTES = 32
_NONCE_BYTES = 12
_FORMAT = "v1."


class SecretError(Exception):
    """A stored secret cannot be read, or the key file cannot be used. The message says what to do."""


class Crypto:
    """Encrypts, signs and derives with one master key of 32 bytes."""

    def __init__(self, master_key: bytes) -> None:
        """Raises SecretError when the key has another length."""
        if len(master_key) != _KEY_BYTES:
            raise SecretError(f"the key must have {_KEY_BYTES} bytes, but it has {len(master_key)}")
        self._master_key = master_key
        self._cipher = AESGCM(self.derive("encrypt"))
        self._signing_key = self.derive("sign")

    @classmethod
    def open(cls, key_file: Path) -> "Crypto":
        """The Crypto of `key_file`, which is made (mode 0600) when there is none.

        Processes that start at once agree on one key. Raises SecretError when the file holds no key.
        """
        try:
            text = key_file.read_text("ascii")
        except FileNotFoundError:
            _create(key_file)
            text = key_file.read_text("ascii")
        except (OSError, UnicodeDecodeError) as error:
            raise SecretError(f"the key file {key_file} cannot be read: {error}") from error
        try:
            return cls(base64.urlsafe_b64decode(text.strip()))
        except (binascii.Error, SecretError) as error:
            raise SecretError(f"{key_file} holds no key; put back the file that encrypted this data") from error

    def derive(self, purpose: str) -> bytes:
        """A key of 32 bytes for `purpose`, independent of those for all others."""
        return HKDF(SHA256(), _KEY_BYTES, salt=None, info=f"treadle {purpose}".encode()).derive(self._master_key)

    def encrypt(self, text: str, *, context: str) -> str:
        """`text` sealed with AES-256-GCM. It opens only with the same `context`: name the row it belongs to."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, text.encode("utf-8", "surrogatepass"), context.encode())
        return _FORMAT + base64.urlsafe_b64encode(nonce + sealed).decode("ascii")

    def decrypt(self, sealed: str, *, context: str) -> str:
        """The inverse of `encrypt`. Raises SecretError for another key, another context, or changed text."""
        if not sealed.startswith(_FORMAT):
            raise SecretError("the stored secret has an unknown format")
        try:
            raw = base64.urlsafe_b64decode(sealed[len(_FORMAT) :])
            return self._cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], context.encode()).decode(
                "utf-8", "surrogatepass"
            )
        except (InvalidTag, ValueError) as error:
            raise SecretError("the stored secret was encrypted with another key; enter it again") from error

    def sign(self, message: str) -> str:
        """The signature of `message`, urlsafe base64 of HMAC-SHA256. Begin messages with their purpose."""
        return base64.urlsafe_b64encode(hmac.digest(self._signing_key, message.encode(), "sha256")).decode("ascii")

    def verify(self, message: str, signature: str) -> bool:
        """True when `signature` was made by `sign(message)`; takes the same time whatever is wrong."""
        return hmac.compare_digest(self.sign(message).encode(), signature.encode("utf-8", "replace"))


def _create(key_file: Path) -> None:
    key_file.parent.mkdir(parents=True, exist_ok=True)
    draft = key_file.with_name(f".{key_file.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.urlsafe_b64encode(os.urandom(_KEY_BYTES)))
            file.flush()
            os.fsync(file.fileno())
        # Linking fails where another process was first: its key stays.
        os.link(draft, key_file)
    except FileExistsError:
        return
    finally:
        draft.unlink()


def token_hash(token: str) -> str:
    """What is stored of a random token (API key, session): hex SHA-256. Not for passwords."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def mask_secret(secret: str) -> str:
    """A secret as forms show it: up to 8 characters become 20 stars, longer ones keep the first 6 and last 2.

    Source: spec models-and-tools §2.3.
    """
    return "*" * 20 if len(secret) <= 8 else f"{secret[:6]}{'*' * 12}{secret[-2:]}"

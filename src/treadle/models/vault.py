"""Stored credentials: each secret field sealed on its own, bound to its row."""

import logging
from collections.abc import Mapping, Sequence

import msgspec

from treadle.platform.crypto import Crypto, SecretError

from .catalogue import FormField, provider_of
from .credentials import Credentials, secret_fields
from .errors import UnknownProviderError
from .repository import CredentialRow

_log = logging.getLogger(__name__)


class Vault:
    """Turns filled-in forms into the JSON text of a row, and back."""

    def __init__(self, crypto: Crypto) -> None:
        self._crypto = crypto

    def seal(
        self, form: Sequence[FormField], credentials: Mapping[str, str | bool], workspace_id: str, row_id: str
    ) -> str:
        """JSON text in which no secret can be read."""
        secret = secret_fields(form)
        sealed = {
            name: self._crypto.encrypt(value, context=_context(workspace_id, row_id, name))
            if name in secret and isinstance(value, str)
            else value
            for name, value in credentials.items()
        }
        return msgspec.json.encode(sealed).decode()

    def open(self, row: CredentialRow, workspace_id: str) -> Credentials:
        """The form of a row. A secret that does not open is left out and logged; the provider then says so."""
        stored = msgspec.json.decode(row.config, type=dict[str, str | bool])
        try:
            provider = provider_of(row.provider)
        except UnknownProviderError:
            return {}
        secret = secret_fields(provider.provider_form if row.model is None else provider.model_form)
        opened: Credentials = {}
        for name, value in stored.items():
            if name in secret and isinstance(value, str):
                try:
                    value = self._crypto.decrypt(value, context=_context(workspace_id, row.id, name))
                except SecretError as error:
                    _log.error("the credential %s of %s cannot be read: %s", name, row.provider, error)
                    continue
            opened[name] = value
        return opened


def _context(workspace_id: str, row_id: str, variable: str) -> str:
    return f"model_credentials/{workspace_id}/{row_id}/{variable}"

"""Stored credentials: each secret field sealed on its own, bound to its row."""

import logging
from collections.abc import Mapping, Sequence

import msgspec

from treadle.platform.crypto import Crypto, SecretError

from .catalogue import FormField, ModelKind, Pricing, provider_of
from .credentials import Credentials, secret_fields
from .errors import UnknownProviderError
from .policy import Limits
from .repository import CredentialRow, SettingRow
from .state import Credential, Owner, Setting

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

    def open_all(self, rows: Sequence[CredentialRow], workspace_id: str) -> dict[Owner, tuple[Credential, ...]]:
        """The credentials by whom they open, in the order of the rows."""
        found: dict[Owner, tuple[Credential, ...]] = {}
        for row in rows:
            owner = (row.provider, row.model, None if row.kind is None else ModelKind(row.kind))
            limits = Limits(row.concurrency, row.requests_per_minute, row.timeout)
            opened = Credential(row.id, row.name, self.open(row, workspace_id), row.active, row.enabled, limits)
            found[owner] = (*found.get(owner, ()), opened)
        return found

    def open(self, row: CredentialRow, workspace_id: str) -> Credentials:
        """The form of a row. A secret that does not open is left out and logged; the provider then says so."""
        stored = msgspec.json.decode(row.config, type=dict[str, str | bool])
        try:
            provider = provider_of(row.provider)
        except UnknownProviderError:
            return {}
        secret = secret_fields((*provider.provider_form, *provider.model_form))
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


def setting_of(row: SettingRow) -> Setting:
    """What a stored row decides."""
    return Setting(
        enabled=row.enabled,
        balanced=row.balanced,
        fallbacks=tuple(msgspec.json.decode(row.fallbacks, type=list[tuple[str, str]])),
        pricing=None if row.pricing is None else msgspec.json.decode(row.pricing, type=Pricing),
    )


def _context(workspace_id: str, row_id: str, variable: str) -> str:
    return f"model_credentials/{workspace_id}/{row_id}/{variable}"

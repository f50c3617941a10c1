"""Credential forms: which submitted fields are kept, and how secrets are shown.

Source: spec models-and-tools §1.3 and §1.12.
"""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from .catalogue import Condition, FormField, ModelKind
from .errors import CredentialFormError

Credentials: TypeAlias = dict[str, str | bool]
"""The fields of a form as stored: switches are booleans, all else is text."""

HIDDEN = "[__HIDDEN__]"
"""What a client sends for a secret that is to stay as it is."""

_KIND = "__model_type"


def filtered(form: Sequence[FormField], submitted: Mapping[str, str | bool], kind: ModelKind | None) -> Credentials:
    """The fields of `submitted` that the form shows, checked. `kind` is None for a provider's own form.

    Raises CredentialFormError for a missing or wrong field.
    """
    seen = {name: _text(value) for name, value in submitted.items()}
    if kind is not None:
        seen[_KIND] = kind.value
    kept: Credentials = {}
    for field in form:
        if _shown(field.show_on, seen) and (value := _checked(field, seen)):
            kept[field.variable] = value
    return kept


def masked(form: Sequence[FormField], credentials: Mapping[str, str | bool]) -> Credentials:
    """The credentials with every secret unreadable: of long ones the first six and last two characters stay."""
    secret = secret_fields(form)
    return {
        name: _mask(value) if name in secret and isinstance(value, str) else value
        for name, value in credentials.items()
    }


def with_hidden(
    form: Sequence[FormField], submitted: Mapping[str, str | bool], stored: Mapping[str, str | bool]
) -> Credentials:
    """`submitted` with the stored secret wherever the client sent HIDDEN."""
    secret = secret_fields(form)
    return {
        name: stored.get(name, "") if value == HIDDEN and name in secret else value for name, value in submitted.items()
    }


def secret_fields(form: Sequence[FormField]) -> frozenset[str]:
    """The variables of the form that are secrets."""
    return frozenset(field.variable for field in form if field.type == "secret-input")


def _shown(conditions: Sequence[Condition], seen: Mapping[str, str]) -> bool:
    return all(seen.get(condition.variable) == condition.value for condition in conditions)


def _checked(field: FormField, seen: Mapping[str, str]) -> str | bool:
    value = seen.get(field.variable, "")
    if not value:
        if field.required and not field.default:
            raise CredentialFormError(
                field.variable,
                f"The credential {field.variable} ({field.label.en_US}) is missing; give it as {field.variable}=...",
            )
        value = field.default or ""
        if not value:
            return ""
    if field.max_length and len(value) > field.max_length:
        raise CredentialFormError(
            field.variable, f"The credential {field.variable} is longer than {field.max_length} characters; shorten it."
        )
    if field.type in ("select", "radio"):
        offered = [option.value for option in field.options if _shown(option.show_on, seen)]
        if value not in offered:
            raise CredentialFormError(
                field.variable, f"The credential {field.variable} is {value!r}; choose one of {', '.join(offered)}."
            )
    if field.type == "switch":
        if value.lower() not in ("true", "false"):
            raise CredentialFormError(
                field.variable, f"The credential {field.variable} is {value!r}; give true or false."
            )
        return value.lower() == "true"
    return value


def _text(value: str | bool) -> str:
    return value if isinstance(value, str) else "true" if value else "false"


def _mask(secret: str) -> str:
    return "*" * 20 if len(secret) <= 8 else f"{secret[:6]}{'*' * 12}{secret[-2:]}"

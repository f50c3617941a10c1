"""What a model can do: as the catalogue lists it, or as its credential's fields describe it.

Source: spec models-and-tools §1.4 and §1.19 (customizable schemas).
"""

from collections.abc import Mapping
from typing import Literal

import msgspec

from treadle.engine.ports import Feature

from .catalogue import CustomModel, Likeness, Model, ModelKind, ParameterRule, Pricing, Provider, Voice, provider_of
from .errors import CredentialFormError

STRUCTURED_OUTPUT: Feature = "structured-output"


def model_schema(provider: Provider, name: str, kind: ModelKind, credentials: Mapping[str, str | bool]) -> Model | None:
    """The schema of the model `name`, None when the provider offers no such model.

    Raises CredentialFormError when a field that should hold a number does not.
    """
    if kind not in provider.kinds:
        return None
    listed = provider.model(name, kind)
    if listed is None and name.startswith("ft:"):
        listed = provider.model(name.split(":")[1], kind)
    if listed is not None:
        return msgspec.structs.replace(listed, model=name, features=_features(listed.features, listed.rules))
    return None if provider.custom is None else _custom(provider.custom, name, kind, credentials, provider)


def output_limit(model: Model) -> ParameterRule | None:
    """The rule that limits the length of a reply, whatever its name."""
    return next((rule for rule in model.rules if "max_tokens" in (rule.name, rule.use_template)), None)


def _custom(
    custom: CustomModel, name: str, kind: ModelKind, credentials: Mapping[str, str | bool], provider: Provider
) -> Model:
    if custom.like is not None:
        return _alike(custom.like, name, kind, credentials)
    context_size = _number(credentials, custom.context_size)
    if kind is not ModelKind.LLM:
        like = _most_careful(provider, kind)
        voices = _voices(credentials, custom.voices) if kind is ModelKind.TTS else ()
        return msgspec.structs.replace(
            like,
            model=name,
            context_size=context_size,
            max_chunks=_number(credentials, custom.max_chunks) or like.max_chunks,
            voices=voices or like.voices,
            default_voice="" if voices else like.default_voice,
        )
    granted: set[Feature] = {
        feature
        for grant in custom.grants
        if credentials.get(grant.variable) in grant.values or (grant.absent and grant.variable not in credentials)
        for feature in grant.features
    }
    features = custom.features.union(granted)
    rules = custom.rules + (custom.structured_rules if STRUCTURED_OUTPUT in features else ())
    most = _number(credentials, custom.max_output)
    if most is not None:
        rules = tuple(_limited(rule, most) if rule.use_template == "max_tokens" else rule for rule in rules)
    return Model(
        model=name,
        mode=_mode(custom, credentials, provider),
        features=_features(features, rules) if not custom.structured_rules else features,
        context_size=context_size,
        rules=rules,
        pricing=_pricing(credentials),
    )


def _most_careful(provider: Provider, kind: ModelKind) -> Model:
    """What a model of this kind takes in one call at this provider, as far as its listed models tell: the least."""
    listed = [each for each in provider.models if each.kind is kind and not each.deprecated]
    least = min(listed, key=lambda each: each.max_chunks, default=Model(model="", kind=kind))
    return Model(
        model="",
        kind=kind,
        max_chunks=least.max_chunks,
        max_characters=least.max_characters,
        voices=least.voices,
        default_voice=least.default_voice,
        word_limit=least.word_limit,
        audio_type=least.audio_type,
    )


def _alike(like: Likeness, name: str, kind: ModelKind, credentials: Mapping[str, str | bool]) -> Model:
    """The schema of the model that the credential names, under this name."""
    base = str(credentials.get(like.field, ""))
    listed = provider_of(like.provider).model(base, kind)
    if listed is None:
        raise CredentialFormError(like.field, f"The credential {like.field} is {base!r}; choose one that is offered.")
    return msgspec.structs.replace(listed, model=name, label=None, features=_features(listed.features, listed.rules))


def _features(features: frozenset[Feature], rules: tuple[ParameterRule, ...]) -> frozenset[Feature]:
    """A model that takes a JSON schema has structured output."""
    return features.union([STRUCTURED_OUTPUT]) if any(rule.name == "json_schema" for rule in rules) else features


def _mode(
    custom: CustomModel, credentials: Mapping[str, str | bool], provider: Provider
) -> Literal["chat", "completion"]:
    fields = (custom.mode, provider.connection.completion_field)
    return "completion" if any(field and credentials.get(field) == "completion" for field in fields) else "chat"


def _limited(rule: ParameterRule, most: int) -> ParameterRule:
    default = min(rule.default, most) if isinstance(rule.default, int) else rule.default
    return msgspec.structs.replace(rule, max=most, default=default)


def _pricing(credentials: Mapping[str, str | bool]) -> Pricing | None:
    given = {
        name: credentials[name] for name in ("input_price", "output_price", "unit", "currency") if name in credentials
    }
    if "input_price" not in given:
        return None
    renamed = {name.removesuffix("_price"): value for name, value in given.items()}
    try:
        return msgspec.convert(renamed, Pricing)
    except msgspec.ValidationError as error:
        raise CredentialFormError("input_price", f"The prices cannot be read: {error}.") from error


def _voices(credentials: Mapping[str, str | bool], field: str | None) -> tuple[Voice, ...]:
    """The voices that the form names, parted by commas."""
    names = str(credentials.get(field or "", "")).split(",")
    return tuple(Voice(name.strip(), name.strip()) for name in names if name.strip())


def _number(credentials: Mapping[str, str | bool], field: str | None) -> int | None:
    value = credentials.get(field) if field else None
    if value is None:
        return None
    if isinstance(value, str) and value.strip().isdecimal() and int(value) > 0:
        return int(value)
    raise CredentialFormError(field or "", f"The credential {field} is {value!r}; give a whole number above 0.")

"""Whether a catalogue file that follows the schema also holds together: names that it uses are there, numbers fit."""

from collections.abc import Iterator

from .catalogue import FormField, ParameterRule, Provider


def first_problem(provider: Provider) -> str | None:
    """What is wrong first, and where; None for a file that holds together."""
    return next(_problems(provider), None)


def _problems(provider: Provider) -> Iterator[str]:
    yield from _of_connection(provider)
    yield from _of_models(provider)
    for name, form in (("provider_form", provider.provider_form), ("model_form", provider.model_form)):
        yield from _of_form(name, form)
    for model in provider.models:
        yield from _of_rules(f"the rules of {model.model}", model.rules)
    if provider.custom is not None:
        yield from _of_rules("custom.rules", (*provider.custom.rules, *provider.custom.structured_rules))


def _of_connection(provider: Provider) -> Iterator[str]:
    connection = provider.connection
    known = {field.variable for field in (*provider.provider_form, *provider.model_form)}
    used = {
        "connection.key_field": connection.key_field,
        "connection.url_field": connection.url_field,
        "connection.model_field": connection.model_field,
        "connection.timeout_field": connection.timeout_field,
        "connection.completion_field": connection.completion_field,
        **{f"connection.key_fields.{kind.value}": name for kind, name in connection.key_fields.items()},
        **{f"connection.headers.{header}": name for header, name in connection.headers.items()},
        **{f"connection.alternatives[{at}]": each.variable for at, each in enumerate(connection.alternatives)},
    }
    if provider.custom is not None:
        custom = provider.custom
        used |= {f"custom.grants[{at}]": each.variable for at, each in enumerate(custom.grants)}
        used |= {
            f"custom.{name}": getattr(custom, name)
            for name in ("context_size", "max_output", "mode", "max_chunks", "voices")
        }
    for place, name in used.items():
        if name is not None and name not in known:
            yield f"{place} names the field {name!r}, which no form has"
    if connection.url is None and connection.url_field is None and not connection.embedded:
        yield "connection has neither url nor url_field, so that nobody knows where to call"


def _of_models(provider: Provider) -> Iterator[str]:
    listed, custom = "predefined-model" in provider.configure, "customizable-model" in provider.configure
    if listed and not provider.models:
        yield "configure has predefined-model, but no models are listed"
    if provider.models and not listed:
        yield "models are listed, but configure has no predefined-model"
    if custom and provider.custom is None:
        yield "configure has customizable-model, but custom is missing"
    if provider.custom is not None and not custom:
        yield "there is custom, but configure has no customizable-model"
    seen: set[tuple[str, str]] = set()
    for model in provider.models:
        if model.kind not in provider.kinds:
            yield f"the model {model.model} is of the kind {model.kind.value}, which kinds does not have"
        if (model.model, model.kind.value) in seen:
            yield f"the model {model.model} of the kind {model.kind.value} is listed twice"
        seen.add((model.model, model.kind.value))


def _of_form(form: str, fields: tuple[FormField, ...]) -> Iterator[str]:
    known = {field.variable for field in fields} | {"__model_type"}
    for field in fields:
        place, values = f"{form}: {field.variable}", [option.value for option in field.options]
        chosen = field.type in ("select", "radio")
        if chosen and not values:
            yield f"{place} is a {field.type} without options"
        if values and not chosen:
            yield f"{place} has options, but its type is {field.type}; make it a select or a radio"
        if values and field.default is not None and field.default not in values:
            yield f"{place} has the default {field.default!r}, which is none of its options"
        for shown in (*field.show_on, *(each for option in field.options for each in option.show_on)):
            if shown.variable not in known:
                yield f"{place} is shown on the field {shown.variable!r}, which the form has not"


def _of_rules(place: str, rules: tuple[ParameterRule, ...]) -> Iterator[str]:
    for rule in rules:
        if rule.options and rule.default is not None and rule.default not in rule.options:
            yield f"{place}: {rule.name} has the default {rule.default!r}, which is none of its options"
        if isinstance(rule.default, bool) or not isinstance(rule.default, int | float):
            continue
        if (rule.min is not None and rule.default < rule.min) or (rule.max is not None and rule.default > rule.max):
            yield f"{place}: {rule.name} has the default {rule.default:g}, which lies outside min and max"

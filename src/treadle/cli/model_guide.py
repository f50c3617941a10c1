"""`treadle model add` without options: asks a newcomer who has one key for what is needed, and nothing else."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from treadle.models.catalogue import FormField, Provider
    from treadle.models.protocols.listing import RemoteModel
    from treadle.models.service import ModelService

_SHOWN = 20


async def guide(models: "ModelService", workspace_id: str) -> str:
    """Asks, tries, stores, and returns the sentence to end with. Raises ModelSetupError for what does not work."""
    from treadle.models.catalogue import ModelKind

    provider = _provider(models.providers())
    if provider.connection.embedded:
        return "The built-in model needs nothing: `treadle model list` shows it."
    if provider.help is not None:
        typer.echo(f"{provider.help.title.en_US}: {provider.help.url}")
    one_key = "predefined-model" in provider.configure
    form = provider.provider_form if one_key else provider.model_form
    while True:
        fields = _fields(form, provider.kinds[0])
        offered = await _offered(models, workspace_id, provider, fields)
        if offered is not None:
            break
    name, context_size = _model(provider, offered)
    if context_size and any(field.variable == "context_size" for field in provider.model_form) and not one_key:
        fields["context_size"] = str(context_size)
    kinds = [each.kind for each in provider.models if each.model == name]
    kind = kinds[0] if kinds else provider.kinds[0]
    typer.echo(f"Asking {name} for one word ...")
    await models.administration.validate(workspace_id, (provider.provider, name, kind), fields)
    if one_key:
        owner = (provider.provider, None, None)
        await models.administration.add_credential(workspace_id, owner, fields, validate=False, active=True)
    else:
        await models.add_model(workspace_id, provider.provider, kind, name, fields, validate=False)
    typer.echo("It answered.")
    if kind is ModelKind.LLM and typer.confirm("Use it wherever an app names no model?", default=True):
        await models.set_default(workspace_id, kind, provider.provider, name)
        return f"Added {name} of {provider.provider} as the default."
    return f"Added {name} of {provider.provider}."


def _provider(providers: Sequence["Provider"]) -> "Provider":
    """The provider that the answers come down to."""
    while True:
        said = str(typer.prompt("Which provider? Type a part of its name")).strip().lower()
        exact = [each for each in providers if said == each.provider]
        found = exact or [each for each in providers if said in each.provider or said in each.label.en_US.lower()]
        if len(found) == 1:
            typer.echo(f"{found[0].label.en_US}: {found[0].description.en_US}")
            return found[0]
        if not found:
            typer.echo("None is called so. `treadle model providers` lists all; a server of yours with the OpenAI")
            typer.echo("protocol is openai_api_compatible.")
            continue
        typer.echo("Which of these? " + ", ".join(each.provider for each in found[:_SHOWN]))


def _fields(form: Sequence["FormField"], kind: str) -> dict[str, str | bool]:
    """What the form demands; a key that it does not demand is asked for too, and may be left out."""
    fields: dict[str, str | bool] = {}
    for field in form:
        shown = {**{name: str(value) for name, value in fields.items()}, "__model_type": kind}
        if any(shown.get(each.variable) != each.value for each in field.show_on):
            continue
        secret = field.type == "secret-input"
        if (field.required and field.default is None) or (secret and not field.default):
            hint = "" if field.required else " (Enter for none)"
            choices = ", ".join(option.value for option in field.options)
            question = f"{field.label.en_US}{f' [{choices}]' if choices else ''}{hint}"
            said = str(
                typer.prompt(question, hide_input=secret, default=None if field.required else "", show_default=False)
            )
            if said.strip():
                fields[field.variable] = said.strip()
        elif field.default is not None and field.required:
            fields[field.variable] = field.default
    return fields


async def _offered(
    models: "ModelService", workspace_id: str, provider: "Provider", fields: dict[str, str | bool]
) -> "list[RemoteModel] | None":
    """The models that the provider offers, none where it cannot be asked; None when the key is to be entered again."""
    from treadle.engine.errors import InvokeAuthorizationError
    from treadle.models.errors import ModelSetupError

    try:
        return await models.administration.remote_models(workspace_id, provider.provider, fields)
    except ModelSetupError as error:
        if not isinstance(error.__cause__, InvokeAuthorizationError):
            typer.echo(f"Its models cannot be listed ({error})")
            return []
        typer.echo(str(error))
        typer.echo("A key that may call models but not list them is good enough.")
        return None if typer.confirm("Enter another one?", default=True) else []


def _model(provider: "Provider", offered: "list[RemoteModel]") -> tuple[str, int | None]:
    """The model's name, chosen among those that the provider offers, and its context size where it tells."""
    known = [each.model for each in provider.models if not each.deprecated]
    names = [each.name for each in offered]
    best = [name for name in known if name in names] or names or known
    for number, name in enumerate(best[:_SHOWN], 1):
        typer.echo(f"{number:>4}  {name}")
    if len(best) > _SHOWN:
        typer.echo(f"      and {len(best) - _SHOWN} more")
    suggested = provider.validation_model if provider.validation_model in best else best[0] if best else None
    said = str(typer.prompt("Which model? Number or name", default=suggested)).strip()
    name = best[int(said) - 1] if said.isdecimal() and 0 < int(said) <= len(best) else said
    return name, next((each.context_size for each in offered if each.name == name), None)

"""`treadle model`: providers, credentials, defaults."""

from typing import TYPE_CHECKING, Annotated

import typer

from treadle.cli.output import AsJson, DataDir, fail, pairs, print_json, run

if TYPE_CHECKING:
    from treadle.models.catalogue import Provider

app = typer.Typer(no_args_is_help=True)

ProviderName = Annotated[str, typer.Option("--provider", help="As in `treadle model providers`.", show_default=False)]
Type = Annotated[str, typer.Option("--type", help="llm, text-embedding, rerank, ...")]
Model = Annotated[str, typer.Option("--model", help="The model's name at its provider.", show_default=False)]


@app.command("providers")
def providers(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """List the providers and the credentials that each asks for."""
    from treadle.models.catalogue import Provider, catalogue, use_folder
    from treadle.settings import Settings

    del data_dir  # taken by every command; the catalogue belongs to the program and its operator

    async def work() -> list[Provider]:
        use_folder(Settings.model_validate({}).model_catalogue_dir)
        return list(catalogue().values())

    rows = run(work)
    if as_json:
        print_json([_provider_map(each) for each in rows])
        return
    for each in rows:
        fields = dict.fromkeys(field.variable for field in (*each.provider_form, *each.model_form))
        types = ", ".join(str(kind) for kind in each.kinds)
        print(f"{each.provider:<24} {types}: {', '.join(fields) or 'no credentials'}")


def _provider_map(provider: "Provider") -> dict[str, object]:
    return {
        "provider": provider.provider,
        "label": provider.label.en_US,
        "types": [str(kind) for kind in provider.kinds],
        "credentials": [
            {"name": field.variable, "type": str(field.type), "required": field.required, "for": owner}
            for owner, form in (("provider", provider.provider_form), ("model", provider.model_form))
            for field in form
        ],
        "models": [{"model": model.model, "type": str(model.kind)} for model in provider.models],
    }


@app.command("add")
def add(
    provider: Annotated[
        str | None, typer.Option("--provider", help="As in `treadle model providers`; asked for when it is left out.")
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", help="The model's name; without it the key of the whole provider is added.")
    ] = None,
    type: Type = "llm",
    credential: Annotated[
        list[str] | None,
        typer.Option("--credential", "-c", metavar="NAME=VALUE", show_default=False, help="May be repeated."),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", help="Add one more credential beside those there are, under this name.")
    ] = None,
    default: Annotated[bool, typer.Option("--default", help="Make it the default model of its type.")] = False,
    validate: Annotated[bool, typer.Option(help="Check the credentials with a real call.")] = True,
    data_dir: DataDir = None,
) -> None:
    """Add a model with its credentials; they are checked with a real call and stored encrypted.

    Without options it asks for what it needs.
    """
    from treadle.server.services import open_services

    given = pairs(credential or [], "--credential")
    if default and model is None and provider is not None:
        fail("--default needs --model: a provider has many.", 2)

    async def work() -> str:
        async with open_services(data_dir) as services:
            workspace = (await services.accounts.only_workspace()).id
            models = services.models
            if provider is None:
                from treadle.cli.model_guide import guide

                return await guide(models, workspace)
            if model is not None and name is None:
                await models.add_model(workspace, provider, type, model, given, default=default, validate=validate)
                return f"Added {model} of {provider}{' as the default' if default else ''}."
            owner = await models.administration.owner(provider, model, type)
            await models.administration.add_credential(workspace, owner, given, name=name, validate=validate)
            if default and model is not None:
                await models.set_default(workspace, type, provider, model)
            return f"Added {name or 'a key'} for {f'{model} of ' if model else ''}{provider}."

    try:
        print(run(work))
    except typer.Abort:
        fail("Nothing was added. Name the provider with --provider, or answer the questions.", 2)


@app.command("list")
def list_models(
    remote: Annotated[
        str | None, typer.Option("--remote", metavar="PROVIDER", help="Ask this provider for the models it offers.")
    ] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """List the models that apps can use."""
    import msgspec

    from treadle.models.protocols.listing import RemoteModel
    from treadle.models.state import ModelInfo
    from treadle.server.services import open_services

    async def work() -> list[ModelInfo] | list[RemoteModel]:
        async with open_services(data_dir) as services:
            workspace = await services.accounts.only_workspace()
            if remote is not None:
                return await services.models.administration.remote_models(workspace.id, remote)
            return await services.models.list_models(workspace.id)

    rows = run(work)
    if as_json:
        print_json([msgspec.to_builtins(row) for row in rows])
        return
    for row in rows:
        if isinstance(row, RemoteModel):
            print(row.name)
        else:
            print(f"{row.provider:<24} {row.kind:<16} {row.model}{'  (default)' if row.default else ''}")


@app.command("default")
def choose_default(provider: ProviderName, model: Model, type: Type = "llm", data_dir: DataDir = None) -> None:
    """Make a model the default of its type."""
    from treadle.server.services import open_services

    async def work() -> None:
        async with open_services(data_dir) as services:
            workspace = await services.accounts.only_workspace()
            await services.models.set_default(workspace.id, type, provider, model)

    run(work)
    print(f"{model} of {provider} is the default of {type}.")


@app.command("remove")
def remove(
    provider: ProviderName,
    model: Annotated[
        str | None, typer.Option("--model", help="The model whose credential goes; without it the provider's own.")
    ] = None,
    type: Type = "llm",
    name: Annotated[str | None, typer.Option("--name", help="Only the credential of this name.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Forget the credentials of a provider or model."""
    from treadle.models.errors import UnknownCredentialError
    from treadle.server.services import open_services

    async def work() -> None:
        async with open_services(data_dir) as services:
            workspace = (await services.accounts.only_workspace()).id
            administration = services.models.administration
            owner = await administration.owner(provider, model, type)
            if name is None:
                await administration.remove_all(workspace, owner)
                return
            rows = await administration.credentials(workspace, owner)
            found = [each.id for each in rows if each.name == name]
            if not found:
                raise UnknownCredentialError(
                    f"There is no credential {name!r}; there are {', '.join(each.name for each in rows) or 'none'}."
                )
            await administration.remove_credential(workspace, found[0])

    run(work)
    print(f"Removed {name or 'the credentials'} of {model or provider}.")


@app.command("balance")
def balance(
    provider: ProviderName,
    model: Annotated[
        str | None, typer.Option("--model", help="The model; without it the keys of the whole provider.")
    ] = None,
    type: Type = "llm",
    turns: Annotated[bool | None, typer.Option("--on/--off", help="Whether credentials take turns.")] = None,
    behind: Annotated[
        list[str] | None,
        typer.Option("--behind", metavar="PROVIDER/MODEL", help="A model that answers when this one fails; in order."),
    ] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Show the credentials of a provider or model, let them take turns, and name models that stand behind."""
    import msgspec

    from treadle.models.administration import CredentialInfo
    from treadle.models.state import Setting
    from treadle.server.services import open_services

    fallbacks = None if behind is None else [_provider_and_model(each) for each in behind if each]

    async def work() -> tuple[Setting, list[CredentialInfo]]:
        async with open_services(data_dir) as services:
            workspace = (await services.accounts.only_workspace()).id
            administration = services.models.administration
            owner = await administration.owner(provider, model, type)
            if turns is not None or fallbacks is not None:
                await administration.decide(workspace, owner, balanced=turns, fallbacks=fallbacks)
            return await administration.setting(workspace, owner), await administration.credentials(workspace, owner)

    setting, rows = run(work)
    if as_json:
        print_json(
            {
                "balanced": setting.balanced,
                "behind": [f"{provider}/{model}" for provider, model in setting.fallbacks],
                "credentials": [msgspec.to_builtins(row) for row in rows],
            }
        )
        return
    print(f"{model or provider}: {'credentials take turns' if setting.balanced else 'one credential is used'}")
    for row in rows:
        print(f"  {row.name}{'  (used)' if row.active and not setting.balanced else ''}")
    for each, name in setting.fallbacks:
        print(f"  behind it: {name} of {each}")


def _provider_and_model(text: str) -> tuple[str, str]:
    provider, sign, model = text.partition("/")
    if not sign or not provider or not model:
        fail(f"--behind takes PROVIDER/MODEL, not {text!r}.", 2)
    return provider, model


@app.command("test")
def check_model(
    provider: ProviderName, model: Model, type: Type = "llm", as_json: AsJson = False, data_dir: DataDir = None
) -> None:
    """Ask a model one word, and say how long it took."""
    import msgspec

    from treadle.models.service import ModelCheck
    from treadle.server.services import open_services

    async def work() -> ModelCheck:
        async with open_services(data_dir) as services:
            workspace = await services.accounts.only_workspace()
            return await services.models.test_model(workspace.id, provider, type, model)

    answer = run(work)
    if as_json:
        print_json(msgspec.to_builtins(answer))
    else:
        print(f"{model} of {provider} answered in {answer.latency:.2f} s: {answer.reply}")

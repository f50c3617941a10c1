"""`treadle model`: providers, credentials, defaults."""

from typing import TYPE_CHECKING, Annotated

import typer

from treadle.cli.output import AsJson, DataDir, pairs, print_json, run

if TYPE_CHECKING:
    from treadle.models.catalogue import Provider

app = typer.Typer(no_args_is_help=True)

ProviderName = Annotated[str, typer.Option("--provider", help="As in `treadle model providers`.", show_default=False)]
Type = Annotated[str, typer.Option("--type", help="llm, text-embedding, rerank, ...")]
Model = Annotated[str, typer.Option("--model", help="The model's name at its provider.", show_default=False)]


@app.command("providers")
def providers(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """List the providers and the credentials that each asks for."""
    del data_dir  # taken by every command; the catalogue is part of the program
    from treadle.models.catalogue import catalogue

    if as_json:
        print_json([_provider_map(each) for each in catalogue().values()])
        return
    for each in catalogue().values():
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
    provider: ProviderName,
    model: Model,
    type: Type = "llm",
    credential: Annotated[
        list[str] | None,
        typer.Option("--credential", "-c", metavar="NAME=VALUE", show_default=False, help="May be repeated."),
    ] = None,
    default: Annotated[bool, typer.Option("--default", help="Make it the default model of its type.")] = False,
    validate: Annotated[bool, typer.Option(help="Check the credentials with a real call.")] = True,
    data_dir: DataDir = None,
) -> None:
    """Add a model with its credentials; they are checked with a real call and stored encrypted."""
    from treadle.server.services import open_services

    given = pairs(credential or [], "--credential")

    async def work() -> None:
        async with open_services(data_dir) as services:
            workspace = await services.accounts.only_workspace()
            await services.models.add_model(
                workspace.id, provider, type, model, given, default=default, validate=validate
            )

    run(work)
    print(f"Added {model} of {provider}{' as the default' if default else ''}.")


@app.command("list")
def list_models(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """List the models that apps can use."""
    import msgspec

    from treadle.models.state import ModelInfo
    from treadle.server.services import open_services

    async def work() -> list[ModelInfo]:
        async with open_services(data_dir) as services:
            workspace = await services.accounts.only_workspace()
            return await services.models.list_models(workspace.id)

    rows = run(work)
    if as_json:
        print_json([msgspec.to_builtins(row) for row in rows])
        return
    for row in rows:
        print(f"{row.provider:<24} {row.kind:<16} {row.model}{'  (default)' if row.default else ''}")


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

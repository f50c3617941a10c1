"""`treadle admin`: accounts without a browser."""

from typing import Annotated

import typer

from treadle.cli.output import AsJson, DataDir, print_json, run

app = typer.Typer(no_args_is_help=True)


@app.callback()
def commands() -> None:
    """Accounts and workspaces."""


@app.command("create")
def create(
    email: Annotated[str, typer.Option(help="E-mail address to sign in with.", show_default=False)],
    password: Annotated[str, typer.Option(help="At least 8 letters and digits.", show_default=False)],
    workspace: Annotated[str | None, typer.Option(help="Name of the workspace.", show_default=False)] = None,
    name: Annotated[str | None, typer.Option(help="Name of the person.", show_default=False)] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Create the first account, which owns the workspace."""
    from treadle.server.services import open_services

    async def work() -> dict[str, str]:
        async with open_services(data_dir) as services:
            account = await services.accounts.create_first(
                email=email, name=name or email.partition("@")[0], password=password, workspace_name=workspace
            )
            owned = await services.accounts.only_workspace()
            return {"account_id": account.id, "email": account.email, "workspace_id": owned.id, "workspace": owned.name}

    answer = run(work)
    if as_json:
        print_json(answer)
    else:
        print(f"Created {answer['email']}, owner of the workspace {answer['workspace']}.")


@app.command("reset-password")
def reset_password(
    email: Annotated[str, typer.Option(help="E-mail address of the account.", show_default=False)],
    password: Annotated[str, typer.Option(help="At least 8 letters and digits.", show_default=False)],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Give an account another password, and sign it out everywhere."""
    from treadle.server.services import open_services

    if not yes:
        typer.confirm(f"Change the password of {email} and sign it out everywhere?", abort=True)

    async def work() -> str:
        async with open_services(data_dir) as services:
            return (await services.accounts.reset_password(email, password)).email

    print(f"Changed the password of {run(work)}.")

"""`treadle mcp`: MCP servers as tools of the workspace."""

from typing import TYPE_CHECKING, Annotated

import typer

from treadle.cli.output import AsJson, DataDir, fail, pairs, print_json, run

if TYPE_CHECKING:
    from treadle.tools.providers import ProviderInfo

app = typer.Typer(no_args_is_help=True)

Identifier = Annotated[str, typer.Argument(help="What app files call the server.", show_default=False)]


@app.command("add")
def add(
    identifier: Identifier,
    address: Annotated[str, typer.Argument(help="Its URL, or stdio: and a command that is allowed.")],
    name: Annotated[str | None, typer.Option(help="A name for people.", show_default=False)] = None,
    header: Annotated[
        list[str] | None,
        typer.Option("--header", metavar="NAME=VALUE", show_default=False, help="Sent along; may be repeated."),
    ] = None,
    timeout: Annotated[float, typer.Option(help="Seconds to connect and to answer a question about tools.")] = 30,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Add an MCP server: it is asked for its tools at once."""
    from treadle.server.services import open_services
    from treadle.tools.mcp.service import McpDraft

    headers = pairs(header or [], "--header")

    async def work() -> "ProviderInfo":
        async with open_services(data_dir) as services:
            workspace = await services.accounts.only_workspace()
            draft = McpDraft(
                name=name or identifier, identifier=identifier, address=address, headers=headers, timeout=timeout
            )
            return await services.mcp.add(workspace.id, draft)

    _show(run(work), as_json=as_json)


@app.command("list")
def list_servers(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """The MCP servers of the workspace and their tools."""
    from treadle.server.services import open_services

    async def work() -> "list[ProviderInfo]":
        async with open_services(data_dir) as services:
            workspace = await services.accounts.only_workspace()
            return list(await services.mcp.providers(workspace.id))

    found = run(work)
    if as_json:
        print_json([_map(each) for each in found])
    for each in () if as_json else found:
        _show(each, as_json=False)


@app.command("refresh")
def refresh(identifier: Identifier, as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Ask an MCP server for its tools again."""
    from treadle.server.services import open_services

    async def work() -> "ProviderInfo":
        async with open_services(data_dir) as services:
            workspace = await services.accounts.only_workspace()
            found = await services.mcp.named(workspace.id, identifier)
            return await services.mcp.refresh(workspace.id, found.id)

    _show(run(work), as_json=as_json)


@app.command("remove")
def remove(identifier: Identifier, data_dir: DataDir = None) -> None:
    """Remove an MCP server from the tools of the workspace."""
    from treadle.server.services import open_services

    async def work() -> None:
        async with open_services(data_dir) as services:
            workspace = await services.accounts.only_workspace()
            found = await services.mcp.named(workspace.id, identifier)
            await services.mcp.delete(workspace.id, found.id)

    run(work)
    print(f"Removed {identifier}.")


def _show(provider: "ProviderInfo", *, as_json: bool) -> None:
    if as_json:
        print_json(_map(provider))
        return
    names = ", ".join(tool.name for tool in provider.tools) or "no tools"
    print(f"{provider.more['server_identifier']}: {names if provider.authorized else 'waits for a sign-in'}")
    if not provider.authorized:
        fail("The server wants somebody to sign in; authorize it in the tool settings of the console.")


def _map(provider: "ProviderInfo") -> dict[str, object]:
    return {
        "id": provider.id,
        "name": provider.name,
        "server_identifier": provider.more["server_identifier"],
        "server_url": provider.more["server_url"],
        "authorized": provider.authorized,
        "tools": [tool.name for tool in provider.tools],
    }

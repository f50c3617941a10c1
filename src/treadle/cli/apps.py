"""`treadle app`: import, list, export, delete."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from treadle.cli.output import AsJson, DataDir, fail, print_json, read_app_file, run, write_utf8

app = typer.Typer(no_args_is_help=True)

AppName = Annotated[str, typer.Argument(metavar="APP", help="Id or name of the app.", show_default=False)]


@app.command("import")
def import_app(
    file: Annotated[Path, typer.Argument(help="App file.", show_default=False)],
    publish: Annotated[bool, typer.Option("--publish", help="Make it callable at once.")] = False,
    api_key: Annotated[bool, typer.Option("--api-key", help="Make an API key as well.")] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Import an app file that Treadle or Dify exported."""
    from treadle.server.services import open_services

    try:
        text = read_app_file(file)
    except OSError as error:
        fail(f"{file} cannot be read: {error.strerror}.")

    async def work() -> None:
        async with open_services(data_dir) as services:
            workspace = await services.accounts.only_workspace()
            imported = await services.apps.import_file(workspace.id, text, publish=publish)
            answer = {"app_id": imported.app.id, "mode": str(imported.app.mode)}
            if api_key:
                made = await services.keys.create(workspace.id, "app", app_id=imported.app.id)
                answer["api_key"] = made.token
            site = await services.apps.site(imported.app.id)
        for problem in imported.problems:
            print(f"{problem.severity}: {problem.message}", file=sys.stderr)
        if as_json:
            print_json(answer)
            return
        print(f"Imported {imported.app.name} ({imported.app.mode}) as {imported.app.id}.")
        if api_key:
            print(f"API key (shown once): {answer['api_key']}")
        if site is not None and imported.app.published_version_id:
            print(f"Its page, while `treadle serve` runs: {services.links.page(imported.app.mode, site.code)}")
        elif not imported.app.published_version_id:
            print("It is a draft: import it with --publish to make it callable.")

    run(work)


@app.command("list")
def list_apps(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """List the apps."""
    from treadle.server.services import open_services

    async def work() -> None:
        async with open_services(data_dir) as services:
            workspace = await services.accounts.only_workspace()
            entries = await services.apps.list_apps(workspace.id)
        rows = [
            {
                "id": entry.app.id,
                "name": entry.app.name,
                "mode": str(entry.app.mode),
                "published": entry.app.published_version_id is not None,
                "site_code": entry.site.code if entry.site else None,
                "url": services.links.page(entry.app.mode, entry.site.code) if entry.site else None,
                "updated_at": entry.app.updated_at / 1e6,
            }
            for entry in entries
        ]
        if as_json:
            print_json(rows)
            return
        if not rows:
            print("There are no apps yet; import one with `treadle app import FILE`.")
        for row in rows:
            state = "" if row["published"] else "  (draft)"
            print(f"{row['id']}  {row['mode']:<14} {row['name']}{state}")

    run(work)


@app.command("export")
def export_app(
    name: AppName,
    include_secrets: Annotated[
        bool, typer.Option("--include-secrets", help="Write secret variables in clear text.")
    ] = False,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write instead of stdout.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Write an app as an app file."""
    from treadle.server.services import open_services

    async def work() -> str:
        async with open_services(data_dir) as services:
            workspace = await services.accounts.only_workspace()
            found = await services.apps.find(workspace.id, name)
            return await services.apps.export(workspace.id, found.id, include_secrets=include_secrets)

    text = run(work)
    if output is None:
        write_utf8(text)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        fail(f"{output} cannot be written: {error.strerror}.")


@app.command("delete")
def delete_app(name: AppName, data_dir: DataDir = None) -> None:
    """Delete an app with its page, conversations and logs."""
    from treadle.server.services import open_services

    async def work() -> str:
        async with open_services(data_dir) as services:
            workspace = await services.accounts.only_workspace()
            found = await services.apps.find(workspace.id, name)
            await services.apps.delete(workspace.id, found.id)
            return found.name

    print(f"Deleted {run(work)}.")

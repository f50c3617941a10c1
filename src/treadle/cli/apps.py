"""`treadle app`: import, list, export, convert, delete."""

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

    _write(run(work), output)


def _write(text: str, output: Path | None) -> None:
    if output is None:
        write_utf8(text)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        fail(f"{output} cannot be written: {error.strerror}.")


@app.command("convert")
def convert_app(
    name: Annotated[
        str, typer.Argument(metavar="APP|FILE", help="Id or name of an app, or an app file.", show_default=False)
    ],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write instead of stdout.")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Make a graph app of a chat or completion app: a new app of an app, a new file of a file."""
    from treadle.platform.refusals import Refusal

    if Path(name).is_file():
        from treadle.apps.editing.convert import converted
        from treadle.dsl import dump, parse

        parsed = parse(read_app_file(Path(name)))
        if parsed.app is None:
            fail(f"{name} is no app file that can be read: {parsed.error}")
        try:
            text = dump(converted(parsed.app), include_secrets=True)
        except Refusal as refusal:
            fail(refusal.message)
        _write(text, output)
        return
    from treadle.server.services import open_services

    async def work() -> dict[str, str]:
        async with open_services(data_dir) as services:
            workspace = await services.accounts.only_workspace()
            found = await services.apps.find(workspace.id, name)
            made = await services.conversion.convert(workspace.id, found.id)
            return {"app_id": made.id, "mode": str(made.mode), "name": made.name}

    answer = run(work)
    if as_json:
        print_json(answer)
    else:
        print(f"Made {answer['name']} ({answer['mode']}) as {answer['app_id']}. It is a draft; publish it to call it.")


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

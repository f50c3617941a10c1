"""The command line. Commands live in the modules of this package; heavy imports wait until one runs."""

import typer

from treadle import __version__
from treadle.cli import (
    admin,
    apps,
    checks,
    doctor,
    knowledge,
    logs,
    mcp,
    models,
    packages,
    runs,
    serve,
    tools,
    triggers,
)
from treadle.cli.output import flush_for_whoever_reads, speak_any_terminal

app = typer.Typer(
    name="treadle",
    help="Build, run, publish, watch and improve LLM applications.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("serve")(serve.serve)
app.command("check")(checks.check)
app.command("run")(runs.run_app)
app.command("logs")(logs.show_logs)
app.command("migrate")(doctor.migrate)
app.command("doctor")(doctor.doctor)
app.add_typer(admin.app, name="admin", help="Accounts and workspaces.")
app.add_typer(apps.app, name="app", help="Import, list, export and delete apps.")
app.add_typer(knowledge.app, name="knowledge", help="Knowledge bases: fill them, and ask them.")
app.add_typer(mcp.app, name="mcp", help="MCP servers as tools.")
app.add_typer(models.app, name="model", help="Model providers and credentials.")
app.add_typer(packages.app, name="packages", help="Python packages that code nodes may import.")
app.add_typer(tools.app, name="tool", help="Tools, their credentials, and tools made from APIs and workflows.")
app.add_typer(triggers.app, name="trigger", help="Webhooks and schedules that start workflows.")


def _version(wanted: bool) -> None:
    if wanted:
        print(f"treadle {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    """Build, run, publish, watch and improve LLM applications."""


def main() -> None:
    """The `treadle` command."""
    speak_any_terminal()
    try:
        app(prog_name="treadle")
    finally:
        flush_for_whoever_reads()

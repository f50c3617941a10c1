"""`treadle trigger`: what starts workflows by itself."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import typer

from treadle.cli.output import AsJson, DataDir, print_json, run

app = typer.Typer(no_args_is_help=True)


@app.callback()
def group() -> None:
    """Webhooks and schedules that start workflows."""


@app.command("list")
def list_triggers(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """List the triggers of published workflows, with addresses and next times."""
    from treadle.server.services import open_services
    from treadle.triggers.shapes import trigger_map

    async def work() -> None:
        async with open_services(data_dir) as services:
            workspace = await services.accounts.only_workspace()
            shown = await services.triggers.of_workspace(workspace.id)
        rows = [{**trigger_map(entry.trigger, services.links.webhook), "app_name": entry.app_name} for entry in shown]
        if as_json:
            print_json(rows)
            return
        if not rows:
            print("No published workflow has a trigger.")
        for row in rows:
            state = "" if row["enabled"] else "  (off)"
            print(f"{row['kind']:<9} {row['app_name']}: {_what(row)}{state}")

    run(work)


def _what(row: Mapping[str, Any]) -> str:
    if row["webhook_url"]:
        return str(row["webhook_url"])
    if row["kind"] == "schedule":
        following = row["next_at"]
        due = (
            datetime.fromtimestamp(following, UTC).strftime("%Y-%m-%d %H:%M UTC")
            if isinstance(following, float)
            else "never"
        )
        return f"{row['cron']} in {row['timezone']}, next {due}"
    return str(row["note"])

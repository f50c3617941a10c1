"""`treadle logs`: runs in the terminal."""

import json
from datetime import datetime
from typing import Annotated, Any

import typer

from treadle.cli.output import AsJson, DataDir, print_json, run


def show_logs(
    run_id: Annotated[str | None, typer.Argument(help="Show this run node by node.", show_default=False)] = None,
    app: Annotated[str | None, typer.Option(help="Only runs of this app (id or name).", show_default=False)] = None,
    status: Annotated[str | None, typer.Option(help="Only runs with this status.", show_default=False)] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 20,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """List runs, newest first, or show one node by node."""
    from treadle.logs.repository import RunFilter
    from treadle.logs.shapes import detail_map, run_map
    from treadle.server.services import open_services

    async def work() -> Any:
        async with open_services(data_dir) as services:
            workspace = await services.accounts.only_workspace()
            if run_id is not None:
                return detail_map(await services.logs.detail(run_id, workspace_id=workspace.id))
            found = await services.apps.find(workspace.id, app) if app else None
            wanted = RunFilter(
                workspace_id=workspace.id,
                app_id=found.id if found else None,
                statuses=(status,) if status else (),
                with_debugging=True,
            )
            rows, _ = await services.logs.newest(wanted, limit=limit)
            return [run_map(row) for row in rows]

    answer = run(work)
    if as_json:
        print_json(answer)
    elif run_id is not None:
        _print_detail(answer)
    elif not answer:
        print("No run matches." if app or status else "There are no runs yet.")
    else:
        for row in answer:
            print(_line(row))


def _line(row: dict[str, Any]) -> str:
    at = datetime.fromtimestamp(row["created_at"]).strftime("%Y-%m-%d %H:%M:%S")
    preview = row["preview"]
    first = str(preview.get("query") or preview.get("inputs") or "").replace("\n", " ")
    figures = f"{row['elapsed_time']:7.2f} s {row['total_tokens']:6d} tok"
    return f"{row['id']}  {at}  {row['status']:<17} {figures}  {row['app_name']}: {first[:60]}"


def _print_detail(row: dict[str, Any]) -> None:
    print(_line(row))
    if row["error"]:
        print(f"error: {row['error']}")
    if row.get("message"):
        print(f"question: {row['message']['query']}\nanswer: {row['message']['answer']}")
    for node in row["nodes"]:
        metadata: dict[str, Any] = node["execution_metadata"] or {}
        tokens = metadata.get("total_tokens", 0)
        print(
            f"\n{node['index']:>3}. {node['title'] or node['node_id']} ({node['node_type']})  "
            f"{node['status']}  {node['elapsed_time']:.3f} s  {tokens} tok"
        )
        for name in ("inputs", "process_data", "outputs"):
            if node[name]:
                print(f"     {name}: {json.dumps(node[name], ensure_ascii=False)}")
        if node["error"]:
            print(f"     error: {node['error']}")

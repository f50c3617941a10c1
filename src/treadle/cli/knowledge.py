"""`treadle knowledge`: knowledge bases filled and asked from the terminal, whether a server runs on the data or not."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from treadle.cli.output import AsJson, DataDir, fail, print_json, run

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from treadle.knowledge.access import Asker
    from treadle.knowledge.evaluation.shapes import EvaluationShown
    from treadle.knowledge.shapes import DatasetShown, ProgressShown
    from treadle.server.services import Services

app = typer.Typer(no_args_is_help=True)

BaseName = Annotated[str, typer.Argument(metavar="NAME", help="Name or id of the knowledge base.")]
_LOOK_EVERY = 0.1
_DONE = ("completed", "error", "paused")


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="What the knowledge base is called.")],
    description: Annotated[str, typer.Option("--description", help="What it is about.")] = "",
    economy: Annotated[
        bool, typer.Option("--economy", help="Find chunks by keywords alone; no embedding model is needed.")
    ] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Make an empty knowledge base. It finds by meaning if the workspace has an embedding model, else by keywords."""
    from treadle.knowledge.requests import NewDataset

    async def work() -> "DatasetShown":
        async with _opened(data_dir) as (services, asker):
            technique = await _technique(services, asker, economy=economy)
            wanted = NewDataset(name=name, description=description, indexing_technique=technique)
            return await services.knowledge.bases.create(asker, wanted)

    made = run(work)
    if as_json:
        print_json({"dataset_id": made.id, "name": made.name, "indexing_technique": made.indexing_technique})
        return
    print(f"made {made.name} ({made.indexing_technique}, {made.id})")


@app.command("list")
def list_bases(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """List the knowledge bases."""
    from treadle.knowledge.repository import BaseFilter

    async def work() -> "list[DatasetShown]":
        async with _opened(data_dir) as (services, asker):
            found: list[DatasetShown] = []
            page = 1
            while True:
                some = await services.knowledge.bases.list_bases(asker, BaseFilter(), page=page, limit=100)
                found += some.data
                if not some.has_more:
                    return found
                page += 1

    bases = run(work)
    if as_json:
        print_json(
            [
                {
                    "dataset_id": base.id,
                    "name": base.name,
                    "indexing_technique": base.indexing_technique,
                    "documents": base.document_count,
                    "available_documents": base.total_available_documents,
                    "characters": base.word_count,
                }
                for base in bases
            ]
        )
        return
    for base in bases:
        technique = base.indexing_technique or base.provider
        print(f"{base.name:<30} {technique:<13} {base.document_count:>6} documents  {base.id}")


@app.command("add")
def add(
    name: BaseName,
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files, or folders with files.")],
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Stay until the documents can be found.")] = True,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Add files as documents. A file whose name is there already replaces that document."""
    from treadle.knowledge.text.kinds import EXTENSIONS

    files = _files(paths, EXTENSIONS)
    if not files:
        fail(f"There is no file to add; use one of {', '.join(sorted(EXTENSIONS))}.")

    async def work() -> list[dict[str, Any]]:
        async with _opened(data_dir) as (services, asker):
            base = await _found(services, asker, name)
            return await _add(services, asker, base, files, wait=wait, quiet=as_json)

    rows = run(work)
    if as_json:
        print_json(rows)
    else:
        for row in rows:
            problem = f": {row['error']}" if row["error"] else ""
            print(f"{row['name']}: {row['status']}{problem}")
    if any(row["status"] == "error" for row in rows):
        raise typer.Exit(1)


@app.command("search")
def search(
    name: BaseName,
    query: Annotated[str, typer.Argument(help="What to look for.")],
    top_k: Annotated[int | None, typer.Option("--top-k", min=1, max=100, help="How many chunks at most.")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Show what a knowledge base finds for a question."""
    from treadle.knowledge.testing import TestOrder, TestResult

    async def work() -> TestResult:
        async with _opened(data_dir) as (services, asker):
            base = await _found(services, asker, name)
            order = TestOrder(query=query)
            if top_k is not None:
                import msgspec

                settings = msgspec.to_builtins(base.retrieval_model_dict)
                order.retrieval_model = {**settings, "top_k": top_k}
            return await services.knowledge.testing.try_out(asker, base.id, order)

    found = run(work)
    if as_json:
        print_json(
            [
                {
                    "content": record.segment.content,
                    "answer": record.segment.answer,
                    "score": record.score,
                    "document": record.segment.document.name,
                    "position": record.segment.position,
                    "segment_id": record.segment.id,
                }
                for record in found.records
            ]
        )
        return
    if not found.records:
        print("nothing found")
    for record in found.records:
        score = "" if record.score is None else f"{record.score:.3f}  "
        print(f"{score}{record.segment.document.name} #{record.segment.position}\n{record.segment.content}\n")


@app.command("eval")
def evaluate(
    name: BaseName,
    questions: Annotated[
        Path | None,
        typer.Option(
            "--questions",
            exists=True,
            dir_okay=False,
            help="CSV (question, document, passage) or JSON Lines with the questions.",
            show_default=False,
        ),
    ] = None,
    generate: Annotated[
        int, typer.Option("--generate", min=0, help="Let the default model write so many questions about the chunks.")
    ] = 0,
    question_set: Annotated[
        str | None, typer.Option("--set", help="Use the question set of this name or id.", show_default=False)
    ] = None,
    methods: Annotated[
        list[str] | None,
        typer.Option(
            "--method",
            help="What to compare: semantic, full-text, hybrid, hybrid:0.7 (the weight of meaning), keyword or "
            "settings (those of the base). Repeat it; by default all that the base can.",
            show_default=False,
        ),
    ] = None,
    others: Annotated[
        list[str] | None,
        typer.Option("--with", help="Try this knowledge base too, cut otherwise. Repeat it.", show_default=False),
    ] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Measure how well a knowledge base finds what answers questions: recall, MRR and nDCG of several settings."""
    from treadle.cli.evaluation import Order, evaluated, printed

    order = Order(questions=questions, generate=generate, question_set=question_set, methods=tuple(methods or ()))

    async def work() -> "EvaluationShown":
        async with _opened(data_dir) as (services, asker):
            bases = [await _found(services, asker, each) for each in (name, *(others or ()))]
            with _bar(quiet=as_json) as bar:
                return await evaluated(services, asker, bases, order, bar)

    done = run(work)
    if as_json:
        import msgspec

        print_json(msgspec.to_builtins(done))
    else:
        print(printed(done))
    if done.status != "completed" or any(each.failed for each in done.results):
        raise typer.Exit(1)


@app.command("reindex")
def reindex(
    name: BaseName,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Stay until they are indexed.")] = True,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Read all documents of a knowledge base again. What was edited in their chunks is lost."""

    async def work() -> list[dict[str, Any]]:
        async with _opened(data_dir) as (services, asker):
            base = await _found(services, asker, name)
            ids = await services.knowledge.adding.read_all_again(asker, base.id)
            return await _followed(services, asker, base, ids, wait=wait, quiet=as_json)

    rows = run(work)
    if as_json:
        print_json(rows)
    else:
        print(f"{sum(row['status'] == 'completed' for row in rows)} of {len(rows)} documents are indexed")
    if any(row["status"] == "error" for row in rows):
        raise typer.Exit(1)


@app.command("delete")
def delete(name: BaseName, as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Delete a knowledge base with all that it holds."""

    async def work() -> str:
        async with _opened(data_dir) as (services, asker):
            base = await _found(services, asker, name)
            await services.knowledge.bases.delete(asker, base.id)
            return base.id

    deleted = run(work)
    if as_json:
        print_json({"dataset_id": deleted})
    else:
        print(f"deleted {name}")


@app.command("export")
def export(
    name: BaseName,
    path: Annotated[Path, typer.Argument(metavar="FILE", help="The archive to write, a .zip.")],
    data_dir: DataDir = None,
) -> None:
    """Write a knowledge base into an archive: settings, documents, chunks and files."""
    import shutil

    async def work() -> None:
        async with _opened(data_dir) as (services, asker):
            base = await _found(services, asker, name)
            _, archive = await services.knowledge.exports.base(asker, base.id)
            with archive, path.open("wb") as target:
                shutil.copyfileobj(archive, target)

    run(work)
    print(f"wrote {path}")


@app.command("import")
def import_base(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="An archive that was exported.", exists=True)],
    name: Annotated[str | None, typer.Option("--name", help="What it is called here.", show_default=False)] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Make a knowledge base of an archive."""

    async def work() -> "DatasetShown":
        async with _opened(data_dir) as (services, asker):
            with path.open("rb") as file:
                made = await services.knowledge.imports.make(asker, file, name=name)
            rows = await services.knowledge.documents.progress(asker, made.id)
            await _followed(services, asker, made, [row.id for row in rows], wait=True, quiet=as_json)
            return await services.knowledge.bases.read(asker, made.id)

    made = run(work)
    if as_json:
        print_json({"dataset_id": made.id, "name": made.name, "documents": made.document_count})
    else:
        print(f"made {made.name} with {made.document_count} documents ({made.id})")


@app.command("api-key")
def api_key(
    base: Annotated[
        str | None, typer.Option("--base", help="Open this knowledge base alone; all by default.", show_default=False)
    ] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Make a key for the dataset endpoints of /v1. It is shown this once."""
    from treadle.accounts.tables import KeyType

    async def work() -> str:
        async with _opened(data_dir) as (services, asker):
            base_id = (await _found(services, asker, base)).id if base else None
            made = await services.keys.create(
                asker.workspace_id, KeyType.DATASET, base_id=base_id, account_id=asker.account_id
            )
            return made.token

    token = run(work)
    if as_json:
        print_json({"api_key": token})
    else:
        print(token)


@asynccontextmanager
async def _opened(data_dir: Path | None) -> "AsyncGenerator[tuple[Services, Asker]]":
    """The services, and one who may do everything in the workspace."""
    from treadle.accounts.tables import Role
    from treadle.knowledge.access import Asker
    from treadle.server.services import open_services

    async with open_services(data_dir) as services:
        workspace = await services.accounts.only_workspace()
        owner = await services.knowledge.owner_of(workspace.id)
        yield services, Asker(workspace_id=workspace.id, account_id=owner, role=Role.OWNER)


async def _found(services: "Services", asker: "Asker", name: str) -> "DatasetShown":
    base = await services.knowledge.bases.named(asker, name)
    if base is None:
        fail(f"There is no knowledge base {name!r}; `treadle knowledge list` shows those that there are.")
    return base


async def _technique(services: "Services", asker: "Asker", *, economy: bool) -> str:
    from treadle.models.catalogue import ModelKind

    if economy or await services.models.default_model(asker.workspace_id, ModelKind.EMBEDDING) is None:
        return "economy"
    return "high_quality"


def _files(paths: list[Path], extensions: frozenset[str]) -> list[Path]:
    """The files at `paths`; of folders, those below them that hold text. Ends the command for a path that is not."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(each for each in path.rglob("*") if each.is_file())
            found += [each for each in inside if each.suffix.lower().lstrip(".") in extensions]
        elif path.is_file():
            found.append(path)
        else:
            fail(f"There is no file {path}.")
    return list(dict.fromkeys(found))


async def _add(
    services: "Services", asker: "Asker", base: "DatasetShown", files: list[Path], *, wait: bool, quiet: bool
) -> list[dict[str, Any]]:
    from treadle.knowledge.requests import NewDocuments
    from treadle.platform.refusals import Refusal

    ids: list[str] = []
    refused: list[dict[str, Any]] = []
    technique = base.indexing_technique or await _technique(services, asker, economy=False)
    with _bar(quiet=quiet) as bar:
        task = bar.add_task("sending", total=len(files))
        for path in files:
            try:
                added = await services.knowledge.adding.add_file(
                    asker,
                    base.id,
                    path.name,
                    "",
                    path.read_bytes(),
                    NewDocuments(indexing_technique=technique, process_rule=_AUTOMATIC),
                )
                ids.append(added.documents[0].id)
            except (Refusal, OSError) as error:
                reason = error.message if isinstance(error, Refusal) else str(error)
                refused.append({"name": path.name, "id": None, "status": "error", "error": reason})
            bar.update(task, advance=1)
    return [*await _followed(services, asker, base, ids, wait=wait, quiet=quiet), *refused]


_AUTOMATIC = {"mode": "automatic"}


async def _followed(
    services: "Services", asker: "Asker", base: "DatasetShown", ids: list[str], *, wait: bool, quiet: bool
) -> list[dict[str, Any]]:
    """What became of documents; with `wait` once they are done, by this process where no server does it."""
    import asyncio

    wanted = set(ids)
    if wait and wanted:
        services.ingestion.worker.start()
    with _bar(quiet=quiet or not wait) as bar:
        tasks: dict[str, TaskID] = {}
        while True:
            rows = [row for row in await services.knowledge.documents.progress(asker, base.id) if row.id in wanted]
            names = await services.knowledge.documents.names(asker, base.id, ids)
            if wait:
                _draw(bar, tasks, rows, names)
            if not wait or all(row.indexing_status in _DONE for row in rows):
                break
            await asyncio.sleep(_LOOK_EVERY)
    return [
        {"name": names.get(row.id, row.id), "id": row.id, "status": row.indexing_status, "error": row.error}
        for row in rows
    ]


def _draw(bar: "Progress", tasks: "dict[str, TaskID]", rows: "list[ProgressShown]", names: dict[str, str]) -> None:
    """A line per document that is being read; one that is done stays full."""
    for row in rows:
        if row.id not in tasks:
            if row.indexing_status == "waiting":
                continue
            tasks[row.id] = bar.add_task(names.get(row.id, row.id), total=None)
        done = row.indexing_status in _DONE
        total = row.total_segments or (1 if done else None)
        bar.update(
            tasks[row.id],
            total=total,
            completed=total if done else row.completed_segments,
            description=f"{names.get(row.id, row.id)} {row.indexing_status}",
        )


def _bar(*, quiet: bool) -> "Progress":
    """Progress on stderr, where that is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        disable=quiet or not console.is_terminal,
    )

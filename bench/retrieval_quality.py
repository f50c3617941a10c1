"""How well questions find the passage that answers them: by meaning (the built-in embedding model), by full text, by
keywords, and by both.

The questions are the first lines of docstrings of this Python and the packages around it, the passages what follows
them: people have said in a sentence what the passage says at length, mostly in other words. A question counts as
answered by its own passage alone, though others may answer it as well. Weights are chosen on one half of the questions
and reported on the other.
"""

import ast
import asyncio
import hashlib
import os
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log2
from pathlib import Path
from random import Random
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bench import Measurement
from treadle.accounts.tables import Workspace
from treadle.knowledge.index.embedded import EmbeddedIndex
from treadle.knowledge.index.keywords import keywords_of
from treadle.knowledge.index.port import Hit, IndexedChunk, IndexRef
from treadle.knowledge.ingest.embedding import unit_vectors
from treadle.knowledge.retrieval.fusion import MEANING, fused
from treadle.models.catalogue import provider_of
from treadle.models.http import ModelHttp
from treadle.models.local import EMBEDDING_NAME, LocalModel
from treadle.models.protocols.openai import OpenAI
from treadle.models.target import Target
from treadle.platform.db import Database

PASSAGES, QUESTIONS = 5_000, 1_100
_LONGEST = 400
_OF_ONE_FILE = 6
_TOP = 10
_POOL = 50

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Pair:
    question: str
    passage: str


def pairs() -> list[Pair]:
    """Questions with their passages, each text once, in an order that is always the same."""
    roots = [Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib")]
    files = sorted({path for root in roots for path in root.rglob("*.py") if "test" not in path.as_posix()})
    Random(7).shuffle(files)
    found: dict[str, Pair] = {}
    passages: set[str] = set()
    for path in files:
        for pair in _of_file(path)[:_OF_ONE_FILE]:
            if pair.question not in found and pair.passage not in passages:
                found[pair.question] = pair
                passages.add(pair.passage)
        if len(found) >= PASSAGES:
            break
    return list(found.values())[:PASSAGES]


def _of_file(path: Path) -> list[Pair]:
    try:
        tree = ast.parse(path.read_text("utf-8"))
    except (SyntaxError, ValueError, OSError):
        return []
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Module)
    texts = [ast.get_docstring(node) or "" for node in ast.walk(tree) if isinstance(node, kinds)]
    found: list[Pair] = []
    for text in texts:
        question, _, rest = text.partition("\n\n")
        question, passage = " ".join(question.split()), " ".join(rest.split())[:_LONGEST]
        if 4 <= len(question.split()) <= 30 and len(passage) >= 150 and question[:40] not in passage:
            found.append(Pair(question, passage))
    return found


async def _embedded(texts: Sequence[str], purpose: Literal["document", "query"]) -> Vectors:
    """Vectors of the built-in model, kept in the system's folder for temporary files."""
    digest = hashlib.sha256("\x00".join([purpose, *texts]).encode()).hexdigest()[:16]
    kept = Path(tempfile.gettempdir()) / f"treadle-bench-{digest}.npy"
    if kept.exists():
        found: Vectors = np.load(kept)
        return found
    local, http = LocalModel(), ModelHttp()
    try:
        endpoint = await local.endpoint(EMBEDDING_NAME)
        schema = next(each for each in local.models() if each.model == EMBEDDING_NAME)
        target = Target(
            provider=provider_of("local").provider,
            name=schema.model,
            upstream=schema.model,
            base_url=endpoint.base_url,
            headers={"Authorization": f"Bearer {endpoint.key}"},
            settings=schema.settings,
            batch=schema.max_chunks,
        )
        rows: list[Vectors] = []
        for at in range(0, len(texts), 100):
            answer = await OpenAI(http).embed(
                target, texts[at : at + 100], "query" if purpose == "query" else "document"
            )
            rows += unit_vectors(answer.vectors)[0]
            print(f"{purpose}: {len(rows)} of {len(texts)}", file=sys.stderr, end="\r")
    finally:
        await http.close()
        await local.close()
    found = np.array(rows, dtype=np.float32)
    np.save(kept, found)
    return found


async def _answers(given: Sequence[Pair], questions: Sequence[int]) -> dict[str, list[list[Hit]]]:
    """What each search finds for each question, `_POOL` deep."""
    passages = await _embedded([pair.passage for pair in given], "document")
    asked = await _embedded([given[place].question for place in questions], "query")
    with tempfile.TemporaryDirectory(prefix="treadle-bench-") as folder:
        db = Database(f"sqlite:///{folder}/treadle.db")
        await db.migrate()
        ref = IndexRef(workspace_id="w" * 36, base_id="b" * 36)
        async with db.transaction() as session:
            session.add(Workspace(id=ref.workspace_id, name="w", status="normal", created_at=1, updated_at=1))
        index = EmbeddedIndex(db)
        chunks = [
            IndexedChunk(
                node_id=str(place),
                document_id="d",
                text=pair.passage,
                vector=vector,
                keywords=keywords_of(pair.passage),
            )
            for place, (pair, vector) in enumerate(zip(given, passages, strict=True))
        ]
        await index.add(ref, chunks)
        found: dict[str, list[list[Hit]]] = {"meaning": [], "full text": [], "keywords": []}
        for place, vector in zip(questions, asked, strict=True):
            question = given[place].question
            near = await index.by_vector(ref, vector, top_k=_POOL)
            words = await index.by_text(ref, question, top_k=_POOL)
            others = [hit.node_id for hit in words]
            cosines = await index.similarities(ref, vector, others)
            extra = {hit.node_id for hit in near}
            near += [
                Hit(node_id=node, document_id="d", score=score) for node, score in cosines.items() if node not in extra
            ]
            found["meaning"].append(near)
            found["full text"].append(words)
            found["keywords"].append(await index.by_keywords(ref, keywords_of(question), top_k=_POOL))
        await db.close()
    return found


def _both(near: Sequence[Hit], words: Sequence[Hit], meaning: float) -> list[str]:
    return list(
        fused({hit.node_id: hit.score for hit in near}, {hit.node_id: hit.score for hit in words}, meaning=meaning)
    )


def _by_ranks(near: Sequence[Hit], words: Sequence[Hit]) -> list[str]:
    """Reciprocal rank fusion (Cormack and others, 2009)."""
    scores: dict[str, float] = {}
    for hits in (sorted(near, key=lambda hit: -hit.score)[:_POOL], words):
        for place, hit in enumerate(hits, 1):
            scores[hit.node_id] = scores.get(hit.node_id, 0.0) + 1 / (60 + place)
    return sorted(scores, key=lambda node: -scores[node])


def _figures(lists: Sequence[Sequence[str]], wanted: Sequence[int]) -> tuple[float, float, float, float]:
    """Recall at 1 and at 5, MRR and nDCG at 10."""
    places = [
        found[:_TOP].index(str(place)) + 1 if str(place) in found[:_TOP] else 0
        for found, place in zip(map(list, lists), wanted, strict=True)
    ]
    count = len(places)
    return (
        sum(place == 1 for place in places) / count,
        sum(0 < place <= 5 for place in places) / count,
        sum(1 / place for place in places if place) / count,
        sum(1 / log2(place + 1) for place in places if place) / count,
    )


def run() -> Iterator[Measurement]:
    """Recall, MRR and nDCG of each search over the half that chose nothing; needs treadle[local]."""
    given = pairs()
    questions = sorted(Random(11).sample(range(len(given)), QUESTIONS))
    found = asyncio.run(_answers(given, questions))
    tuning = [place for place in range(QUESTIONS) if place % 2 == 0]
    held_out = [place for place in range(QUESTIONS) if place % 2 == 1]

    def both(places: Sequence[int], meaning: float) -> list[list[str]]:
        return [_both(found["meaning"][place], found["full text"][place], meaning) for place in places]

    def wanted(places: Sequence[int]) -> list[int]:
        return [questions[place] for place in places]

    weights = [step / 20 for step in range(2, 20)]
    best = max(weights, key=lambda weight: _figures(both(tuning, weight), wanted(tuning))[2])
    if os.environ.get("TREADLE_BENCH_VERBOSE"):
        for weight in weights:
            print(weight, _figures(both(tuning, weight), wanted(tuning)), file=sys.stderr)
    yield Measurement(f"questions over {len(given):,} passages", QUESTIONS, "questions")
    yield Measurement("best weight of meaning on the half for tuning", best, "")
    names = ("recall@1", "recall@5", "MRR@10", "nDCG@10")
    lists: dict[str, list[list[str]]] = {
        name: [[hit.node_id for hit in found[name][place]] for place in held_out]
        for name in ("meaning", "full text", "keywords")
    }
    lists["both, by ranks"] = [_by_ranks(found["meaning"][place], found["full text"][place]) for place in held_out]
    lists["both"] = both(held_out, MEANING)
    for name, each in lists.items():
        for figure, value in zip(names, _figures(each, wanted(held_out)), strict=True):
            yield Measurement(f"{name}: {figure}", value, "")

"""What `treadle knowledge eval` does: gets a question set, compares ways of searching, and prints a table."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from treadle.cli.output import fail

if TYPE_CHECKING:
    from rich.progress import Progress

    from treadle.knowledge.access import Asker
    from treadle.knowledge.evaluation.shapes import EvaluationShown, NewVariant, QuestionSetShown
    from treadle.knowledge.shapes import DatasetShown
    from treadle.server.services import Services

METHODS = {
    "semantic": "semantic_search",
    "full-text": "full_text_search",
    "hybrid": "hybrid_search",
    "keyword": "keyword_search",
}
COLUMNS = ("recall@1", "recall@3", "recall@5", "recall@10", "mrr", "ndcg")

_LOOK_EVERY = 0.1
_OPEN = ("waiting", "running")


@dataclass(frozen=True, kw_only=True)
class Order:
    """What the command line asks for. One of the first three says where the questions are from."""

    questions: Path | None
    generate: int
    question_set: str | None
    methods: tuple[str, ...]


async def evaluated(
    services: "Services", asker: "Asker", bases: "Sequence[DatasetShown]", order: Order, bar: "Progress"
) -> "EvaluationShown":
    """The evaluation when it is over. Ends the command for what cannot be done."""
    from treadle.knowledge.evaluation.shapes import NewEvaluation

    evaluations, base = services.knowledge.evaluations, bases[0]
    variants = [variant for each in bases for variant in _variants(each, order.methods, named=len(bases) > 1)]
    services.evaluation.start()
    questions = await _questions(services, asker, base, order, bar)
    wanted = NewEvaluation(question_set_id=questions.id, variants=variants)
    shown = await evaluations.start(asker, base.id, wanted)
    task = bar.add_task("asking", total=shown.total)
    while shown.status in _OPEN:
        await asyncio.sleep(_LOOK_EVERY)
        shown = await evaluations.evaluation(asker, base.id, shown.id)
        bar.update(task, completed=shown.done)
    if shown.status == "error":
        fail(shown.error or "The evaluation failed.")
    return shown


def printed(done: "EvaluationShown") -> str:
    """A table: a line for each way of searching, its mean figures, and the half width of their intervals."""
    width = max(len(variant.name) for variant in done.variants)
    questions = done.total // max(1, len(done.variants))
    lines = [f"{questions} questions of {done.question_set_name!r}; ± is the 95 % interval of nDCG"]
    lines.append(" ".join([" " * width, *(f"{column:>9}" for column in COLUMNS), f"{'±':>6}", f"{'p50 ms':>8}"]))
    for variant, result in zip(done.variants, done.results, strict=False):
        figures = [f"{result.figures[column].value:9.3f}" for column in COLUMNS]
        gain = result.figures["ndcg"]
        lines.append(
            " ".join(
                [f"{variant.name:<{width}}", *figures, f"{(gain.high - gain.low) / 2:6.3f}", f"{result.p50_ms:8.1f}"]
            )
        )
        if result.error:
            lines.append(f"  {result.failed} searches failed: {result.error}")
    return "\n".join(lines)


async def _questions(
    services: "Services", asker: "Asker", base: "DatasetShown", order: Order, bar: "Progress"
) -> "QuestionSetShown":
    from treadle.knowledge.evaluation.shapes import NewQuestionSet

    evaluations = services.knowledge.evaluations
    if sum(map(bool, (order.questions, order.generate, order.question_set))) > 1:
        fail("Use one of --questions, --generate and --set.")
    if order.questions is not None:
        return await evaluations.import_set(asker, base.id, order.questions.read_bytes(), order.questions.name)
    if order.generate:
        wanted = NewQuestionSet(name=f"{order.generate} written questions", generate=order.generate)
        made = await evaluations.create_set(asker, base.id, wanted)
        task = bar.add_task("writing questions", total=order.generate)
        while made.status in _OPEN:
            await asyncio.sleep(_LOOK_EVERY)
            made = next(each for each in await evaluations.sets(asker, base.id) if each.id == made.id)
            bar.update(task, completed=made.question_count)
        if made.status == "error":
            fail(made.error or "No questions could be written.")
        return made
    sets = [each for each in await evaluations.sets(asker, base.id) if each.status == "ready"]
    if order.question_set is None:
        if not sets:
            fail(f"{base.name} has no question set; give --questions FILE, or --generate 50 to have some written.")
        return sets[0]
    found = next((each for each in sets if order.question_set in (each.id, each.name)), None)
    if found is None:
        names = ", ".join(each.name for each in sets) or "none"
        fail(f"{base.name} has no question set {order.question_set!r}; it has {names}.")
    return found


def _variants(base: "DatasetShown", methods: Sequence[str], *, named: bool) -> "list[NewVariant]":
    """What is tried of a base; its name goes into theirs where there are several."""
    from treadle.knowledge.evaluation.shapes import NewVariant

    economy = base.indexing_technique == "economy"
    chosen = methods or (("keyword",) if economy else ("semantic", "full-text", "hybrid"))
    return [
        NewVariant(
            name=f"{base.name}: {method}" if named else method,
            dataset_id=base.id,
            retrieval_model=None if method == "settings" else _settings(method),
        )
        for method in chosen
    ]


def _settings(method: str) -> dict[str, object]:
    name, _, weight = method.partition(":")
    if name not in METHODS or (weight and name != "hybrid"):
        fail(f"There is no way of searching {method!r}; use {', '.join(METHODS)}, hybrid:0.7 or settings.")
    settings: dict[str, object] = {"search_method": METHODS[name], "top_k": 10}
    if weight:
        try:
            meaning = float(weight)
        except ValueError:
            fail(f"{weight!r} is no weight; write a number from 0 to 1, as in hybrid:0.7.")
        settings["reranking_mode"] = "weighted_score"
        settings["weights"] = {
            "vector_setting": {"vector_weight": meaning},
            "keyword_setting": {"keyword_weight": round(1 - meaning, 6)},
        }
    return settings

"""The iteration: runs its body once for each item of a list (workflow-nodes §14), and the entry of its body (§15)."""

import asyncio
from dataclasses import dataclass, field
from typing import Final, Literal

from pydantic import Field

from treadle.engine.errors import ContainerError, NodeError
from treadle.engine.node import BodyFailed, BodyPaused, NodeContext, NodeFailure, NodeResult, NodeType
from treadle.engine.values import JsonValue, Missing, Value, type_of

from .about import NodeAbout, Output, Words
from .config import NodeConfig, SelectorField, not_found, reader

ErrorMode = Literal["terminated", "continue-on-error", "remove-abnormal-output"]


class IterationConfig(NodeConfig):
    """What to go through, what to take from each round, and what a failed round means."""

    start_node_id: str = Field(default="", json_schema_extra={"ui": "hidden"})
    iterator_selector: SelectorField = Field(default=(), json_schema_extra={"accepts": ["array"]})
    output_selector: SelectorField = Field(default=(), json_schema_extra={"scope": "body"})
    is_parallel: bool = False
    parallel_nums: int = Field(
        default=10, json_schema_extra={"minimum": 1, "maximum": 10, "shown_if": {"is_parallel": True}}
    )
    error_handle_mode: ErrorMode = "terminated"
    flatten_output: bool = True


class EntryConfig(NodeConfig):
    """Entries and ends of bodies have no settings."""


class _Failed:
    """The place of a round that failed."""


_FAILED: Final = _Failed()


@dataclass(slots=True)
class _Rounds:
    """The rounds of one execution. `results` is in the order of the items."""

    ctx: NodeContext
    config: IterationConfig
    items: list[Value]
    results: "list[Value | _Failed]" = field(default_factory=list["Value | _Failed"])
    seconds: dict[str, JsonValue] = field(default_factory=dict[str, JsonValue])

    def __post_init__(self) -> None:
        self.results = [None] * len(self.items)

    async def one_by_one(self) -> None:
        """Raises BodyFailed of a round that may not fail, and BodyPaused at a round that waits."""
        for index in range(len(self.items)):
            await self._run(index, together=False)

    async def together(self) -> None:
        """As `one_by_one`, with several rounds at a time; those that wait keep no other from ending."""
        begun = [index for index in self.ctx.begun if index < len(self.items)]
        indexes = iter([*begun, *sorted(set(range(len(self.items))).difference(begun))])
        pauses: list[BodyPaused] = []
        failures: list[Exception] = []

        async def work() -> None:
            for index in indexes:
                try:
                    await self._run(index, together=True)
                except BodyPaused as pause:
                    pauses.append(pause)
                except Exception as error:
                    failures.append(error)
                    raise

        # No task group: that of Python 3.11 leaves the task that waits for it marked as cancelled.
        at_once = min(max(self.config.parallel_nums, 1), len(self.items))
        workers = [asyncio.create_task(work()) for _ in range(at_once)]
        try:
            await asyncio.wait(workers, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
        for error in (*failures, *pauses):
            raise error

    async def _run(self, index: int, *, together: bool) -> None:
        ctx, pool = self.ctx, self.ctx.pool.fork()
        pool.set(ctx.node_id, "item", self.items[index])
        pool.set(ctx.node_id, "index", index)
        ctx.announce_round(index)
        began = ctx.now()
        try:
            await ctx.walk(pool, index, together=together)
        except BodyFailed:
            if self.config.error_handle_mode == "terminated":
                raise
            self.results[index] = _FAILED
        else:
            value = pool.get(self.config.output_selector)
            self.results[index] = None if isinstance(value, Missing) else value
        finally:
            self.seconds[str(index)] = round(ctx.now() - began, 6)

    def output(self) -> list[Value]:
        """What the rounds gave: without failed ones or with null in their place, and one level flatter if wanted."""
        if self.config.error_handle_mode == "remove-abnormal-output":
            values = [result for result in self.results if not isinstance(result, _Failed)]
        else:
            values = [None if isinstance(result, _Failed) else result for result in self.results]
        present = [value for value in values if value is not None]
        lists = [value for value in present if isinstance(value, list)]
        if self.config.flatten_output and lists and len(lists) == len(present):
            return [item for value in lists for item in value]
        return values

    def metadata(self) -> dict[str, JsonValue]:
        """Tokens of the rounds, and how long each took."""
        return {**self.ctx.spent.metadata(), "iteration_duration_map": self.seconds}


async def run(ctx: NodeContext, config: IterationConfig) -> NodeResult:
    """Raises VariableNotFoundError, ContainerError, and the failure of a round."""
    items = _items(ctx, config)
    inputs: dict[str, Value] = {"iterator_selector": items}
    if not items:
        return NodeResult(outputs={"output": []}, inputs=inputs)
    if ctx.body is None:
        raise ContainerError("The iteration has no entry; connect its start node, or create the iteration again.")
    ctx.announce(inputs, len(items))
    rounds = _Rounds(ctx, config, items)
    try:
        await (rounds.together() if config.is_parallel else rounds.one_by_one())
    except NodeError as error:
        raise NodeFailure(NodeResult(inputs=inputs, metadata=rounds.metadata())) from error
    return NodeResult(outputs={"output": rounds.output()}, inputs=inputs, metadata=rounds.metadata())


def _items(ctx: NodeContext, config: IterationConfig) -> list[Value]:
    value = ctx.pool.get(config.iterator_selector)
    name = ".".join(config.iterator_selector)
    if isinstance(value, Missing):
        raise not_found(config.iterator_selector, "to go through")
    if value is None:
        return []
    if not isinstance(value, list):
        raise ContainerError(f"{name} is an invalid iterator value: it is no list, but of type {type_of(value)}.")
    return value


async def pass_on(ctx: NodeContext, config: EntryConfig) -> NodeResult:
    """Succeeds at once."""
    return NodeResult()


ITERATION = NodeType("iteration", load=reader(IterationConfig), run=run, container=True)
ITERATION_START = NodeType("iteration-start", load=reader(EntryConfig), run=pass_on, silent=True)

ABOUT = NodeAbout(
    kind="iteration",
    family="container",
    icon="Repeat",
    title=Words("Iteration", "迭代", "イテレーション"),
    description=Words(
        "Runs its steps for each item of a list.",
        "对列表的每一项运行其中的步骤。",
        "リストの項目ごとに中の手順を実行します。",
    ),
    outputs=(Output("output", "array[any]"),),
    runs_alone=True,
)

ABOUT_START = NodeAbout(
    kind="iteration-start",
    family="io",
    icon="LogIn",
    title=Words("Start of the iteration", "迭代开始", "イテレーションの開始"),
    description=Words("Where each round begins.", "每一轮的起点。", "各回の始まりです。"),
)

"""A run that asks a person, played in two parts: until it waits, and from the answer on."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from tests.nodes.harness import Played, node
from tests.nodes.ports import a_world
from treadle.engine.events import Event, NodeFinished, PauseRequested, RunEnd
from treadle.engine.graph import EdgeSpec, Graph, GraphSpec, NodeSpec, compile_graph
from treadle.engine.pool import VariablePool
from treadle.engine.ports import FormRequest, OpenedForm
from treadle.engine.run import Run
from treadle.engine.values import JsonValue, Value
from treadle.nodes import NODE_TYPES

DELIVERY: JsonValue = [{"id": "w", "type": "webapp", "enabled": True, "config": {}}]
ACTIONS: JsonValue = [
    {"id": "ok", "title": "OK", "button_style": "primary"},
    {"id": "no", "title": "No", "button_style": "ghost"},
]


@dataclass
class KeptForms:
    """Forms that were opened."""

    requests: list[FormRequest] = field(default_factory=list[FormRequest])

    async def open(self, request: FormRequest) -> OpenedForm:
        self.requests.append(request)
        return OpenedForm(f"form-{len(self.requests)}", 1_700_000_000, request.on_page)

    def only(self) -> FormRequest:
        (request,) = self.requests
        return request


@dataclass
class Asked:
    """A run that waits, with everything that its continuation needs."""

    graph: Graph
    forms: KeptForms
    events: list[Event]
    end: RunEnd

    @property
    def reason(self) -> dict[str, JsonValue]:
        """Why it waits."""
        (paused,) = [event for event in self.events if isinstance(event, PauseRequested)]
        assert paused.reason is not None
        return paused.reason


def question(name: str, type: str = "paragraph", **settings: JsonValue) -> dict[str, JsonValue]:
    return {"type": type, "output_variable_name": name, **settings}


def settings(content: str = "", inputs: Sequence[JsonValue] = (), **more: JsonValue) -> dict[str, JsonValue]:
    """The settings of a human-input node."""
    return {
        "delivery_methods": DELIVERY,
        "form_content": content,
        "inputs": list(inputs),
        "user_actions": ACTIONS,
        **more,
    }


async def ask(
    forms: KeptForms,
    data: Mapping[str, JsonValue],
    *,
    edges: Sequence[str] = ("ok", "no", "__timeout"),
    values: Mapping[str, Value] | None = None,
) -> Asked:
    """Run start → ask until it waits; behind each handle in `edges` stands a node `on_<handle>`."""
    behind = [node(f"on_{handle}", "template-transform", {"template": handle, "variables": []}) for handle in edges]
    specs: list[NodeSpec] = [node("s", "start", {}), replace(node("ask", "human-input", data), title="Ask"), *behind]
    links = [EdgeSpec("s", "ask"), *(EdgeSpec("ask", f"on_{handle}", handle) for handle in edges)]
    graph = compile_graph(GraphSpec(specs, links), NODE_TYPES)
    return await _played(graph, forms, [], None, values or {"n": "Bo"})


async def _played(
    graph: Graph,
    forms: KeptForms,
    checkpoint: list[NodeFinished | PauseRequested],
    answer: dict[str, JsonValue] | None,
    values: Mapping[str, Value],
) -> Asked:
    events: list[Event] = []
    ids = itertools.count(len(checkpoint) + 1)
    waiting = [event for event in checkpoint if isinstance(event, PauseRequested)]
    run = Run(
        graph,
        run_id="run",
        inputs=values,
        pool=VariablePool({"sys": {"user_id": "u1"}}),
        ports=replace(a_world(), forms=forms),
        emit=events.append,
        new_id=lambda: f"x{next(ids)}",
        checkpoint=checkpoint,
        answers={event.key: answer for event in waiting} if answer is not None else None,
    )
    return Asked(graph, forms, events, await run.execute())


async def go_on(asked: Asked, answer: dict[str, JsonValue]) -> Played:
    """Carry the run on with an answer, as another process would."""
    checkpoint = [event for event in asked.events if isinstance(event, NodeFinished | PauseRequested)]
    story = await _played(asked.graph, asked.forms, checkpoint, answer, {})
    return Played(story.end, VariablePool({}), story.events)  # type: ignore[arg-type]

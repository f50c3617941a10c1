"""Ordered streaming: text reaches the reader in the order of the response nodes, whoever finishes first.

Source: spec workflow-engine §10.2. A variable that never gets a value counts as empty (a defect of the reference).
"""

from collections import deque
from collections.abc import Callable, Iterable

from .events import AnswerChunk, AnswerReplaced, Event
from .graph import Graph, Node
from .pool import VariablePool
from .scheduler import Scheduler, State
from .template import Selector
from .values import to_markdown


class _Writer:
    """The place of one response node in its template."""

    __slots__ = ("chunks_sent", "node", "part", "parts", "sent")

    def __init__(self, node: Node) -> None:
        assert node.response is not None
        self.node = node
        self.parts = node.response.parts
        self.part = 0
        self.chunks_sent = 0
        self.sent: list[str] = []

    def waits_for(self, selector: Selector) -> bool:
        """Whether `selector` is next, and has shown some pieces already."""
        return self.chunks_sent > 0 and self.part < len(self.parts) and self.parts[self.part] == selector


class _Speaker:
    """The place of a container whose rounds have text for the reader."""

    __slots__ = ("held", "node", "sent", "text")

    def __init__(self, node: Node) -> None:
        self.node = node
        self.held: list[Event] = []
        """What its rounds have said while it was not its turn."""
        self.sent: list[str] = []
        self.text: list[str] = []
        """What its finished rounds say, one text each."""


class ResponseStream:
    """Passes a model's tokens on at once when it is their turn, and holds everything else back.

    Containers take their turn like response nodes: each round has a stream of its own, which goes into this one.
    """

    def __init__(self, graph: Graph, pool: VariablePool, scheduler: Scheduler, emit: Callable[[Event], None]) -> None:
        self._graph = graph
        self._pool = pool
        self._scheduler = scheduler
        self.emit = emit
        self._chunks: dict[Selector, list[str]] = {selector: [] for selector in graph.streamed}
        self._activated: set[int] = set()
        self._waiting: deque[_Writer | _Speaker] = deque()
        self._written: list[_Writer | _Speaker] = []
        self._speakers: dict[int, _Speaker] = {}

    def start(self) -> None:
        """Begin with the response nodes that every run reaches."""
        self._activate(self._graph.certain)

    def edge_taken(self, edge: int) -> None:
        """An edge was taken: response nodes behind it may have become certain."""
        responses = self._graph.activated.get(edge)
        if responses:
            self._activate(responses)

    def chunk(self, node_id: str, name: str, text: str) -> None:
        """A node passed on a piece of its text output `name`."""
        selector = (node_id, name)
        chunks = self._chunks.get(selector)
        if chunks is None or not text:
            return
        chunks.append(text)
        if self._waiting:
            writer = self._waiting[0]
            if isinstance(writer, _Writer) and writer.chunks_sent == len(chunks) - 1 and writer.waits_for(selector):
                # The usual case, once for each token: the reader waits for just this piece.
                writer.chunks_sent += 1
                self._send(writer, text, selector)
            else:
                self._advance()

    def advance(self) -> None:
        """A node has finished: its variables are in the pool."""
        if self._waiting:
            self._advance()

    def round_sink(self, container: int) -> Callable[[Event], None]:
        """Where the text of a round of a container goes."""
        speaker = self._speaker(container)

        def say(event: Event) -> None:
            if self._waiting and self._waiting[0] is speaker:
                self._repeat(speaker, event)
            else:
                speaker.held.append(event)

        return say

    def round_over(self, container: int, text: str) -> None:
        """A round of a container has ended, and its text is this."""
        self._speaker(container).text.append(text)

    def said(self, container: int) -> str:
        """What the finished rounds of a container say."""
        return "".join(self._speaker(container).text)

    def say_again(self, container: int, text: str) -> None:
        """What a container said in an earlier process."""
        speaker = self._speaker(container)
        speaker.held.append(AnswerChunk(text, (speaker.node.id, "answer"), speaker.node.id))
        speaker.text.append(text)

    def finish(self) -> None:
        """The run is over, every node done or skipped: correct what was shown if the answers say something else."""
        if self._written and any("".join(writer.sent) != self._rendered(writer) for writer in self._written):
            self.emit(AnswerReplaced("".join(self._rendered(writer) for writer in self._written), "retry"))

    def text(self) -> str:
        """What the response nodes that were reached say, in the order in which they were shown."""
        return "".join(self._rendered(writer) for writer in self._written)

    def shown(self) -> str:
        """What has been passed on so far."""
        return "".join(piece for writer in (*self._written, *self._waiting) for piece in writer.sent)

    def _speaker(self, container: int) -> _Speaker:
        speaker = self._speakers.get(container)
        if speaker is None:
            speaker = self._speakers[container] = _Speaker(self._graph.nodes[container])
        return speaker

    def _rendered(self, writer: _Writer | _Speaker) -> str:
        """A finished answer node's own text; where there is none, what was shown."""
        if isinstance(writer, _Speaker):
            return "".join(writer.text)
        own = self._pool.get((writer.node.id, "answer"))
        return own if isinstance(own, str) and not writer.node.type.terminal else "".join(writer.sent)

    def _activate(self, responses: Iterable[int]) -> None:
        for index in responses:
            if index not in self._activated:
                self._activated.add(index)
                node = self._graph.nodes[index]
                self._waiting.append(_Writer(node) if node.response is not None else self._speaker(index))
        self._advance()

    def _advance(self) -> None:
        while self._waiting:
            first = self._waiting[0]
            if not (self._write(first) if isinstance(first, _Writer) else self._speak(first)):
                return
            self._written.append(self._waiting.popleft())

    def _write(self, writer: _Writer) -> bool:
        """Write as far as possible; True when the template is complete."""
        while writer.part < len(writer.parts):
            part = writer.parts[writer.part]
            if isinstance(part, str):
                self._send(writer, part, (writer.node.id, "answer"))
            elif not self._write_variable(writer, part):
                return False
            writer.part += 1
            writer.chunks_sent = 0
        return True

    def _speak(self, speaker: _Speaker) -> bool:
        """Pass on what was held back; True when the container is done."""
        for event in speaker.held:
            self._repeat(speaker, event)
        speaker.held.clear()
        return self._scheduler.states[speaker.node.index] is State.DONE

    def _repeat(self, speaker: _Speaker, event: Event) -> None:
        if isinstance(event, AnswerChunk):
            speaker.sent.append(event.text)
        self.emit(event)

    def _write_variable(self, writer: _Writer, selector: Selector) -> bool:
        """True when everything that the variable will ever give has been sent."""
        source = self._graph.by_id.get(selector[0])
        state = State.DONE if source is None else self._scheduler.states[source.index]
        if state is State.SKIPPED:
            return True
        chunks = self._chunks.get(selector, [])
        if state is State.DONE and not writer.chunks_sent:
            text = to_markdown(self._pool.get(selector))
            if "".join(chunks) != text:
                # No pieces, or those of a failed attempt, which nobody has seen and nobody need see.
                self._send(writer, text, selector)
                return True
        for chunk in chunks[writer.chunks_sent :]:
            self._send(writer, chunk, selector)
        writer.chunks_sent = len(chunks)
        return state is State.DONE

    def _send(self, writer: _Writer, text: str, selector: Selector) -> None:
        if text:
            writer.sent.append(text)
            self.emit(AnswerChunk(text, selector, writer.node.id))

"""Ordered streaming, driven by hand (spec workflow-engine §10.2)."""

from treadle.engine.events import AnswerChunk, AnswerReplaced, Event
from treadle.engine.graph import Graph
from treadle.engine.pool import VariablePool
from treadle.engine.scheduler import Scheduler
from treadle.engine.stream import ResponseStream
from treadle.engine.values import Value

from .scripted import answer, choice, end, graph_of, node, start, step


class Reader:
    """A stream whose nodes finish when the test says so; `new` gives what has arrived since it was last read."""

    def __init__(self, graph: Graph, pool: VariablePool | None = None) -> None:
        self.graph = graph
        self.events: list[Event] = []
        self.pool = pool or VariablePool()
        self.scheduler = Scheduler(graph)
        self.stream = ResponseStream(graph, self.pool, self.scheduler, self.events.append)
        self.stream.start()

    @property
    def new(self) -> list[str]:
        events, self.events[:] = list(self.events), []
        return [event.text for event in events if isinstance(event, AnswerChunk | AnswerReplaced)]

    def chunk(self, node_id: str, text: str) -> None:
        self.stream.chunk(node_id, "text", text)

    def finish(self, node_id: str, handle: str = "source", **outputs: Value) -> None:
        self.pool.add_outputs(node_id, outputs)
        progress = self.scheduler.finish(self.graph.by_id[node_id].index, handle)
        self.stream.advance()
        for edge in progress.taken:
            self.stream.edge_taken(edge.index)


TWO_MODELS = graph_of(
    [start(), step("llm1"), step("llm2"), answer("out", "A {{#llm1.text#}} B {{#llm2.text#}}")],
    "start -> llm1 -> out",
    "start -> llm2 -> out",
)


def test_literals_arrive_before_anything_has_run() -> None:
    assert Reader(TWO_MODELS).new == ["A "]


def test_tokens_pass_at_once_when_it_is_their_turn_and_wait_otherwise() -> None:
    reader = Reader(TWO_MODELS)
    assert reader.new == ["A "]
    reader.finish("start")
    reader.chunk("llm2", "x")
    assert reader.new == []
    reader.chunk("llm1", "1")
    assert reader.new == ["1"]
    reader.finish("llm2", text="xy")
    assert reader.new == []
    reader.chunk("llm1", "2")
    assert reader.new == ["2"]
    reader.finish("llm1", text="12")
    assert reader.new == [" B ", "xy"]
    reader.finish("out", answer="A 12 B xy")
    reader.stream.finish()
    assert reader.new == []
    assert reader.stream.text() == reader.stream.shown() == "A 12 B xy"


def test_each_piece_says_where_it_comes_from() -> None:
    reader = Reader(TWO_MODELS)
    reader.finish("start")
    reader.chunk("llm1", "1")
    assert reader.events == [
        AnswerChunk("A ", ("out", "answer"), "out"),
        AnswerChunk("1", ("llm1", "text"), "out"),
    ]


def test_a_value_that_did_not_stream_arrives_whole_in_its_form_for_people() -> None:
    graph = graph_of([start(), step("code"), answer("out", "{{#code.list#}}|{{#code.obj.k#}}")], "start -> code -> out")
    reader = Reader(graph)
    reader.finish("start")
    reader.finish("code", list=["a", "b"], obj={"k": 1.0})
    assert reader.new == ["- a\n- b", "|", "1.0"]


def test_an_answer_behind_a_branch_says_nothing_until_the_branch_is_taken() -> None:
    nodes = [start(), choice("pick", "yes"), answer("a", "yes"), answer("b", "no")]
    reader = Reader(graph_of(nodes, "start -> pick:yes -> a", "pick:no -> b"))
    reader.finish("start")
    assert reader.new == []
    reader.finish("pick", "yes")
    assert reader.new == ["yes"]


def test_a_response_that_two_taken_edges_lead_to_is_written_once() -> None:
    nodes = [start(), choice("one", "yes"), choice("two", "yes"), answer("out", "once")]
    reader = Reader(graph_of(nodes, "start -> one:yes -> out", "start -> two:yes -> out"))
    reader.finish("start")
    reader.finish("one", "yes")
    reader.finish("two", "yes")
    assert reader.new == ["once"]


def test_the_variable_of_a_skipped_node_is_passed_over_at_once() -> None:
    nodes = [start(), choice("pick", "yes"), step("llm"), step("other"), answer("out", "<{{#llm.text#}}>")]
    reader = Reader(graph_of(nodes, "start -> pick:no -> llm -> out", "pick:yes -> other -> out"))
    reader.finish("start")
    reader.finish("pick", "yes")
    assert reader.new == ["<", ">"]


def test_a_variable_that_its_finished_node_lacks_counts_as_empty() -> None:
    reader = Reader(graph_of([start(), step("a"), answer("out", "[{{#a.gone#}}{{#x.y#}}]")], "start -> a -> out"))
    reader.finish("start")
    assert reader.new == ["["]
    reader.finish("a", text="unused")
    assert reader.new == ["]"]


def test_variables_of_namespaces_are_there_from_the_start() -> None:
    pool = VariablePool({"sys": {"query": "hi"}, "env": {"key": 3}})
    graph = graph_of([start(), answer("out", "{{#sys.query#}} {{#env.key#}} {{#conversation.gone#}}.")], "start -> out")
    assert Reader(graph, pool).new == ["hi", " ", "3", " ", "."]


def test_an_assigned_variable_is_read_after_its_assigner() -> None:
    nodes = [start(), node("assigner", "set", assigns={"mood": "new"}), answer("out", "{{#conversation.mood#}}")]
    reader = Reader(graph_of(nodes, "start -> set -> out"), VariablePool({"conversation": {"mood": "old"}}))
    reader.finish("start")
    assert reader.new == []
    reader.pool.set("conversation", "mood", "new")
    reader.finish("set")
    assert reader.new == ["new"]


def test_answers_in_sequence_follow_each_other_without_separator() -> None:
    nodes = [start(), answer("one", "1"), step("llm"), answer("two", "2{{#llm.text#}}")]
    reader = Reader(graph_of(nodes, "start -> one -> llm -> two"))
    assert reader.new == ["1"]
    reader.finish("start")
    reader.finish("one", answer="1")
    assert reader.new == ["2"]
    reader.finish("llm", text="x")
    assert reader.new == ["x"]


def test_a_second_answer_waits_for_the_first_and_replays_the_same_pieces() -> None:
    nodes = [start(), step("slow"), step("llm"), answer("one", "{{#slow.text#}}{{#llm.text#}}")]
    nodes.append(answer("two", "{{#llm.text#}}"))
    reader = Reader(graph_of(nodes, "start -> slow -> one", "start -> llm -> one", "llm -> two"))
    reader.finish("start")
    reader.chunk("llm", "a")
    reader.chunk("llm", "b")
    reader.finish("llm", text="ab")
    assert reader.new == []
    reader.finish("slow", text="s")
    assert reader.new == ["s", "a", "b", "a", "b"]


def test_end_outputs_are_shown_in_their_order_a_line_each() -> None:
    nodes = [start(), step("llm1"), step("llm2"), end("end", b="llm2.text", a="llm1.text")]
    reader = Reader(graph_of(nodes, "start -> llm1 -> end", "start -> llm2 -> end"))
    reader.finish("start")
    reader.chunk("llm1", "1")
    reader.chunk("llm2", "2")
    reader.finish("llm2", text="2")
    assert reader.new == ["2", "\n", "1"]


def test_a_retry_that_was_not_seen_leaves_no_trace() -> None:
    nodes = [start(), step("slow"), step("llm"), answer("out", "{{#slow.text#}}{{#llm.text#}}")]
    reader = Reader(graph_of(nodes, "start -> slow -> out", "start -> llm -> out"))
    reader.finish("start")
    for piece in ("par", "whole ", "text"):
        reader.chunk("llm", piece)
    reader.finish("llm", text="whole text")
    reader.finish("slow", text="")
    reader.finish("out", answer="whole text")
    reader.stream.finish()
    assert reader.new == ["whole text"]


def test_a_retry_that_was_seen_stays_until_the_end_and_is_replaced_then() -> None:
    reader = Reader(graph_of([start(), step("llm"), answer("out", "{{#llm.text#}}!")], "start -> llm -> out"))
    reader.finish("start")
    for piece in ("par", "whole ", "text"):
        reader.chunk("llm", piece)
    reader.finish("llm", text="whole text")
    reader.finish("out", answer="whole text!")
    assert reader.new == ["par", "whole ", "text", "!"]
    reader.stream.finish()
    assert reader.new == ["whole text!"]
    assert reader.stream.text() == "whole text!"


def test_what_has_been_shown_is_known_in_the_middle() -> None:
    reader = Reader(TWO_MODELS)
    reader.finish("start")
    reader.chunk("llm1", "1")
    reader.chunk("llm2", "unseen")
    assert reader.stream.shown() == "A 1"


def test_pieces_that_no_response_wants_are_neither_shown_nor_kept() -> None:
    reader = Reader(TWO_MODELS)
    reader.stream.chunk("llm1", "reasoning", "hm")
    reader.stream.chunk("gone", "text", "hm")
    reader.stream.chunk("llm1", "text", "")
    assert reader.new == ["A "]
    assert reader.stream._chunks == {("llm1", "text"): [], ("llm2", "text"): []}

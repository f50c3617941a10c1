"""Which node is next (spec workflow-engine §7.1)."""

from treadle.engine.graph import Graph
from treadle.engine.scheduler import Progress, Scheduler, State

from .scripted import choice, graph_of, start, step


class Walk:
    """A scheduler that is talked to by node id."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.scheduler = Scheduler(graph)

    def finish(self, node_id: str, handle: str = "source") -> tuple[list[str], list[str]]:
        """Nodes now ready, and nodes now skipped."""
        progress: Progress = self.scheduler.finish(self.graph.by_id[node_id].index, handle)
        return self._names(progress.ready), self._names(progress.skipped)

    def _names(self, indexes: list[int]) -> list[str]:
        return [self.graph.nodes[index].id for index in indexes]

    def predecessor(self, node_id: str) -> str | None:
        index = self.scheduler.predecessor[self.graph.by_id[node_id].index]
        return None if index is None else self.graph.nodes[index].id

    @property
    def states(self) -> dict[str, State]:
        return {node.id: self.scheduler.states[node.index] for node in self.graph.nodes}


def steps(names: str) -> list:
    return [start(), *(step(name) for name in names)]


def test_the_root_is_taken_from_the_start() -> None:
    walk = Walk(graph_of(steps("a"), "start -> a"))
    assert walk.states == {"start": State.TAKEN, "a": State.WAITING}
    assert walk.predecessor("start") is None


def test_all_edges_of_an_ordinary_node_are_taken_in_order_whatever_it_chose() -> None:
    walk = Walk(graph_of(steps("abc"), "start -> c", "start -> a", "start -> b"))
    assert walk.finish("start", "nonsense") == (["c", "a", "b"], [])
    assert walk.states["start"] is State.DONE
    assert walk.predecessor("a") == "start"


def test_a_join_waits_for_every_live_path_and_names_the_last_as_its_predecessor() -> None:
    walk = Walk(graph_of(steps("abd"), "start -> a -> d", "start -> b -> d"))
    assert walk.finish("start") == (["a", "b"], [])
    assert walk.finish("b") == ([], [])
    assert walk.finish("a") == (["d"], [])
    assert walk.predecessor("d") == "a"


def test_a_join_behind_an_exclusive_branch_runs_with_the_chosen_path() -> None:
    nodes = [start(), choice("pick", "yes"), step("a"), step("b"), step("d")]
    walk = Walk(graph_of(nodes, "start -> pick:yes -> a -> d", "pick:no -> b -> d"))
    walk.finish("start")
    assert walk.finish("pick", "yes") == (["a"], ["b"])
    assert walk.states["b"] is State.SKIPPED
    assert walk.finish("a") == (["d"], [])


def test_a_skip_spreads_until_it_meets_a_live_path() -> None:
    nodes = [start(), choice("pick", "yes"), *(step(name) for name in "abcde")]
    walk = Walk(graph_of(nodes, "start -> pick:no -> a -> b -> c -> d", "start -> e -> d"))
    assert walk.finish("start") == (["pick", "e"], [])
    assert walk.finish("pick", "yes") == ([], ["a", "b", "c"])
    assert walk.finish("e") == (["d"], [])


def test_a_skip_that_arrives_last_makes_a_join_ready() -> None:
    nodes = [start(), choice("pick", "yes"), step("a"), step("e"), step("d")]
    walk = Walk(graph_of(nodes, "start -> pick:no -> a -> d", "start -> e -> d"))
    walk.finish("start")
    assert walk.finish("e") == ([], [])
    assert walk.finish("pick", "yes") == (["d"], ["a"])
    assert walk.predecessor("d") == "e"


def test_a_choice_without_an_edge_skips_all_others() -> None:
    nodes = [start(), choice("pick", "other"), step("a"), step("b")]
    walk = Walk(graph_of(nodes, "start -> pick:yes -> a -> b", "pick:no -> b"))
    walk.finish("start")
    assert walk.finish("pick", "other") == ([], ["a", "b"])


def test_both_handles_of_a_choice_may_lead_to_the_same_node() -> None:
    nodes = [start(), choice("pick", "yes"), step("a")]
    walk = Walk(graph_of(nodes, "start -> pick:yes -> a", "pick:no -> a"))
    walk.finish("start")
    assert walk.finish("pick", "yes") == (["a"], [])


def test_doubled_edges_make_a_node_ready_once() -> None:
    walk = Walk(graph_of(steps("a"), "start -> a", "start -> a"))
    assert walk.finish("start") == (["a"], [])


def test_a_node_with_a_fail_branch_chooses_between_success_and_failure() -> None:
    nodes = [start(), step("risky", strategy="fail-branch"), step("good"), step("bad")]
    for handle, ready, skipped in (("source", "good", "bad"), ("fail-branch", "bad", "good")):
        walk = Walk(graph_of(nodes, "start -> risky -> good", "risky:fail-branch -> bad"))
        walk.finish("start")
        assert walk.finish("risky", handle) == ([ready], [skipped])


def test_a_long_chain_is_skipped_without_recursion() -> None:
    names = [f"n{number}" for number in range(5000)]
    nodes = [start(), choice("pick", "yes"), *(step(name) for name in names)]
    walk = Walk(graph_of(nodes, "start -> pick:no -> " + " -> ".join(names)))
    walk.finish("start")
    assert walk.finish("pick", "yes") == ([], names)

"""Paths through one level of a graph: what is reached, what goes round in circles, how deep branches nest."""

from collections.abc import Iterable, Iterator

from treadle.dsl.graph_view import EdgeView

MAX_CYCLES = 20


def _successors(edges: Iterable[EdgeView]) -> dict[str, list[str]]:
    successors: dict[str, list[str]] = {}
    for edge in edges:
        successors.setdefault(edge.source, []).append(edge.target)
    return successors


def reachable(roots: Iterable[str], edges: Iterable[EdgeView]) -> set[str]:
    """The roots and every node a path leads to from them."""
    successors = _successors(edges)
    reached = set(roots)
    waiting = list(reached)
    while waiting:
        new = [target for target in successors.get(waiting.pop(), []) if target not in reached]
        reached.update(new)
        waiting += new
    return reached


def cycles(nodes: Iterable[str], edges: Iterable[EdgeView]) -> list[list[str]]:
    """One cycle for every edge that leads back onto the path it comes from, walking from `nodes` in order.

    Each cycle is a list of the ids on it, in the direction of the edges; 20 at most.
    """
    successors = _successors(edges)
    done: set[str] = set()
    found: dict[frozenset[str], list[str]] = {}
    for start in nodes:
        path: dict[str, Iterator[str]] = {} if start in done else {start: iter(successors.get(start, []))}
        while path and len(found) < MAX_CYCLES:
            node = next(reversed(path))
            target = next(path[node], None)
            if target is None:
                done.add(node)
                del path[node]
            elif target in path:
                ids = list(path)
                cycle = ids[ids.index(target) :]
                found.setdefault(frozenset(cycle), cycle)
            elif target not in done:
                path[target] = iter(successors.get(target, []))
    return list(found.values())


def parallel_depths(roots: Iterable[str], edges: list[EdgeView]) -> dict[str, int]:
    """For every node that starts parallel branches, how many forks such branches are nested in; no cycles allowed.

    Parallel are several edges on one handle; edges on different handles exclude each other. A node where
    branches meet lies as deep as the part of their forks that they share.
    """
    outgoing: dict[str, list[EdgeView]] = {}
    missing: dict[str, int] = {}
    for edge in edges:
        outgoing.setdefault(edge.source, []).append(edge)
        missing[edge.target] = missing.get(edge.target, 0) + 1
    forks: dict[str, tuple[str, ...]] = {root: () for root in roots if not missing.get(root)}
    depths: dict[str, int] = {}
    ready = list(forks)
    while ready:
        node = ready.pop()
        handles: dict[str, int] = {}
        for edge in outgoing.get(node, []):
            handles[edge.source_handle] = handles.get(edge.source_handle, 0) + 1
        for edge in outgoing.get(node, []):
            inside = forks[node]
            if handles[edge.source_handle] > 1:
                inside = (*inside, f"{node} → {edge.target}")
                depths[node] = len(inside)
            forks[edge.target] = _shared(forks[edge.target], inside) if edge.target in forks else inside
            missing[edge.target] -= 1
            if missing[edge.target] == 0:
                ready.append(edge.target)
    return depths


def _shared(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    length = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return one[:length]

"""What `treadle check` finds in an app file: its own faults, its structure, and its nodes' settings."""

from dataclasses import dataclass

from treadle.apps.compile import graph_spec
from treadle.apps.definition import Definition
from treadle.dsl import (
    AppFile,
    ImportStatus,
    Problem,
    ProblemKind,
    Severity,
    check_structure,
    has_errors,
    parse,
    parse_pipeline,
)
from treadle.engine.errors import GraphError, GraphProblem
from treadle.nodes import NODE_TYPES, PIPELINE_ONLY
from treadle.nodes.agent import AgentConfig


@dataclass(frozen=True, slots=True)
class Report:
    """One checked file."""

    status: ImportStatus
    mode: str | None
    name: str
    problems: list[Problem]

    @property
    def summary(self) -> str:
        """One line."""
        errors = sum(problem.severity == "error" for problem in self.problems)
        warnings = len(self.problems) - errors
        if not self.problems:
            return "ok"
        return ", ".join(
            f"{count} {word}{'s' * (count != 1)}" for count, word in ((errors, "error"), (warnings, "warning")) if count
        )


def check_file(text: str | bytes) -> Report:
    """Everything that can be known about a file without running it. Never raises."""
    parsed = parse(text)
    pipeline = False
    if parsed.is_pipeline:
        parsed, pipeline = parse_pipeline(text), True
    if parsed.app is None:
        return Report(parsed.status, None, "", parsed.problems)
    problems = [*parsed.problems, *problems_of(parsed.app, pipeline=pipeline)]
    return Report(parsed.status, "rag-pipeline" if pipeline else parsed.app.mode, parsed.app.name, problems)


def problems_of(app: AppFile, *, pipeline: bool = False) -> list[Problem]:
    """What is wrong with the structure of an app, or of a knowledge pipeline, and with its nodes' settings."""
    problems = check_structure(app)
    if not has_errors(problems) or app.mode.has_graph:
        problems += _node_problems(app, pipeline=pipeline)
    return problems


def _node_problems(app: AppFile, *, pipeline: bool) -> list[Problem]:
    """Node types that cannot be run here, and settings that cannot be read."""
    try:
        spec = graph_spec(Definition.from_file(app))
    except GraphError as error:
        return [_problem(problem, "") for problem in error.problems]
    found: list[Problem] = []
    for node in spec.nodes:
        node_type = NODE_TYPES.get(node.kind)
        if node_type is None or (node.kind in PIPELINE_ONLY and not pipeline):
            known = _why_not(node.kind)
            found.append(
                _problem(
                    GraphProblem(f'The type "{node.kind}" is {known}.', node=node.id, field="data.type"), node.title
                )
            )
            continue
        try:
            config = node_type.load(node.data)
        except GraphProblem as problem:
            found.append(_problem(GraphProblem(problem.message, node=node.id, field=problem.field), node.title))
            continue
        if isinstance(config, AgentConfig):
            gaps = [GraphProblem(message, node=node.id, field=field) for field, message in config.gaps()]
            found += [_problem(gap, node.title, severity="warning") for gap in gaps]
    return found


def _why_not(kind: str) -> str:
    """Why an app cannot have nodes of this type."""
    if kind in PIPELINE_ONLY:
        return "part of knowledge pipelines; an app cannot run it"
    return "unknown"


def _problem(problem: GraphProblem, title: str, *, severity: Severity = "error") -> Problem:
    label = f'The node "{title or problem.node}": ' if problem.node else ""
    return Problem(
        kind=ProblemKind.BAD_NODE,
        severity=severity,
        where=f"node {problem.node}" if problem.node else "app",
        node=problem.node,
        node_title=title or None,
        field=problem.field,
        message=label + problem.message,
    )

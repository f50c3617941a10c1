"""Files exported by real users, where they are at hand (see `TREADLE_CORPUS`)."""

import os
import time
from pathlib import Path

import pytest
import yaml

from treadle.dsl import Parsed, ProblemKind, check_structure, dump, graph_view, parse

CORPUS = Path(os.environ.get("TREADLE_CORPUS") or Path(__file__).parents[3] / "shared" / "corpus")
FILES = sorted(CORPUS.glob("*.yml")) if CORPUS.is_dir() else []
BROKEN = {
    "Dify 运营一条龙.yml": "Line 657, column 42: text follows the closing quote of a value: ",
    "Text to Card Iteration.yml": "Line 114, column 42: text follows the closing quote of a value: ",
}
READABLE = [file for file in FILES if file.name not in BROKEN]

pytestmark = pytest.mark.skipif(not FILES, reason="the corpus of app files is not at hand")


def read(file: Path) -> tuple[Parsed, dict]:
    source = file.read_bytes()
    return parse(source), yaml.load(source, Loader=yaml.CSafeLoader)


@pytest.mark.parametrize("file", READABLE, ids=lambda file: file.name)
def test_a_real_file_is_read_and_written_without_loss(file: Path):
    parsed, data = read(file)
    assert parsed.status in ("completed", "completed-with-warnings")
    assert [p.kind for p in parsed.problems] == [ProblemKind.OTHER_VERSION]
    app = parsed.app
    assert app is not None
    assert (app.name, app.mode, app.icon) == (data["app"]["name"], data["app"]["mode"], data["app"]["icon"])
    text = dump(app, include_secrets=True)
    written = yaml.load(text, Loader=yaml.CSafeLoader)
    assert written["workflow"]["graph"] == data["workflow"]["graph"]
    assert written["workflow"]["features"] == data["workflow"]["features"]
    for key in ("environment_variables", "conversation_variables"):
        before = [(v["name"], v["value_type"], v["value"]) for v in data["workflow"].get(key) or []]
        assert [(v["name"], v["value_type"], v["value"]) for v in written["workflow"][key]] == before
    again = parse(text)
    assert (again.status, again.problems) == ("completed", [])
    assert again.app is not None
    again.app.version = app.version
    assert again.app == app


@pytest.mark.parametrize("file", READABLE, ids=lambda file: file.name)
def test_a_real_graph_is_sound_and_seen_whole(file: Path):
    parsed, data = read(file)
    app = parsed.app
    assert app is not None
    assert app.workflow is not None
    assert [p for p in check_structure(app) if p.severity == "error"] == []
    seen = graph_view(app.workflow)
    graph = data["workflow"]["graph"]
    assert {n.id for n in seen.nodes} >= {n["id"] for n in graph["nodes"] if n["type"] != "custom-note"}
    assert len(seen.edges) == len(graph["edges"])


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_is_broken_yaml_is_refused_with_line_and_reason(name: str):
    file = CORPUS / name
    if not file.exists():
        pytest.skip("this file is not in the corpus at hand")
    parsed = parse(file.read_bytes())
    assert (parsed.app, parsed.status) == (None, "failed")
    (problem,) = parsed.problems
    assert problem.kind is ProblemKind.BAD_YAML
    assert problem.message.startswith(BROKEN[name])


def test_the_largest_file_is_read_quickly():
    source = max((file.read_bytes() for file in READABLE), key=len)
    times: list[float] = []
    for _ in range(5):
        began = time.perf_counter()
        parse(source)
        times.append(time.perf_counter() - began)
    assert min(times) < 0.060 * max(len(source) / 100_000, 1)

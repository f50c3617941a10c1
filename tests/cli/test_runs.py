"""`treadle run`: files and apps in the terminal, as text, as JSON, node by node."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.terminal import EXAMPLES, Terminal
from tests.doubles.scripted_model import ScriptedModel
from tests.server.app_files import (
    answer,
    chatflow,
    code,
    completion,
    end,
    failing,
    file_input,
    llm,
    number_input,
    select_input,
    start,
    template,
    text_input,
    workflow,
)

CHAT = EXAMPLES / "chat.yml"


@pytest.fixture
def model() -> Iterator[ScriptedModel]:
    with ScriptedModel().in_thread() as model:
        yield model


@pytest.fixture
def with_model(treadle: Terminal, model: ScriptedModel) -> Terminal:
    """A folder whose default model is the scripted one."""
    assert treadle.add_model(model, "stub-chat", "--default", "--no-validate").code == 0
    return treadle


def write(folder: Path, text: str, name: str = "app.yml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_the_answer_is_text_on_stdout(with_model: Terminal, model: ScriptedModel):
    model.reply("The sky scatters blue light.")
    said = with_model("run", CHAT, "--query", "Why is the sky blue?")
    assert (said.code, said.out, said.err) == (0, "The sky scatters blue light.\n", "")
    assert with_model("logs", "--json").json == []


def test_an_app_of_the_folder_runs_by_name_and_by_id_and_is_logged(with_model: Terminal, model: ScriptedModel):
    model.reply("Hello.")
    app_id = with_model("app", "import", CHAT, "--publish", "--json").json["app_id"]
    assert with_model("run", "Pocket guide", "-q", "hi").out == "Hello.\n"
    assert with_model("run", app_id, "-q", "hi again").out == "Hello.\n"
    rows = with_model("logs", "--json").json
    assert [(row["status"], row["app_id"], row["preview"]["query"]) for row in rows] == [
        ("succeeded", app_id, "hi again"),
        ("succeeded", app_id, "hi"),
    ]


def test_json_is_the_whole_result(treadle: Terminal, tmp_path: Path):
    nodes = (start(text_input("who"), to="t"), template("t", "Dear {{ who }}", who="start.who", to="end"))
    path = write(tmp_path, workflow(*nodes, end(letter="t.output")))
    result = treadle("run", path, "--input", "who=Ada", "--json").json
    nodes_seen = result.pop("nodes")
    elapsed = result.pop("elapsed")
    assert 0 <= elapsed < 60
    assert result == {
        "status": "succeeded",
        "outputs": {"letter": "Dear Ada"},
        "error": None,
        "total_tokens": 0,
        "total_steps": 3,
    }
    assert [(node["node_id"], node["type"], node["status"], node["outputs"]) for node in nodes_seen] == [
        ("start", "start", "succeeded", {"who": "Ada", **_system(nodes_seen[0])}),
        ("t", "template-transform", "succeeded", {"output": "Dear Ada"}),
        ("end", "end", "succeeded", {"letter": "Dear Ada"}),
    ]
    assert set(nodes_seen[0]) == {
        "node_id", "type", "title", "status", "elapsed", "outputs", "error", "total_tokens",
    }  # fmt: skip


def _system(node: dict) -> dict:
    return {name: value for name, value in node["outputs"].items() if name.startswith("sys.")}


def test_trace_shows_every_node_on_stderr(treadle: Terminal, tmp_path: Path):
    path = write(tmp_path, workflow(start(to="t"), template("t", "hi", to="end"), end(said="t.output")))
    said = treadle("run", path, "--trace")
    assert said.out == "hi\n"
    assert [line.rpartition(") ")[0] for line in said.err.splitlines()] == [
        "[succeeded] Start (start", "[succeeded] t (template-transform", "[succeeded] end (end",
    ]  # fmt: skip


def test_outputs_of_a_workflow_are_printed_one_after_the_other(treadle: Terminal, tmp_path: Path):
    source = "def main():\n    return {'sum': 3, 'words': ['a', 'b'], 'text': 'hi'}\n"
    shapes = {"sum": "number", "words": "array[string]", "text": "string"}
    nodes = (start(to="c"), code("c", source, shapes, to="end"), end(text="c.text", sum="c.sum", words="c.words"))
    assert treadle("run", write(tmp_path, workflow(*nodes))).out == "hi\n3\n- a\n- b\n"
    nothing = write(tmp_path, workflow(start(to="end"), end()))
    assert treadle("run", nothing).out == ""


def test_a_run_that_fails_says_why_and_ends_with_1(treadle: Terminal, tmp_path: Path):
    path = write(tmp_path, workflow(start(to="boom"), failing(to={"source": "end"}), end()))
    said = treadle("run", path)
    assert said.code == 1
    assert said.out == ""
    assert "the machine broke" in said.complaint
    as_json = treadle("run", path, "--json")
    assert (as_json.code, as_json.json["status"]) == (1, "failed")
    assert as_json.json["nodes"][-1]["status"] == "failed"


def test_a_model_that_refuses_is_said(with_model: Terminal, model: ScriptedModel):
    model.fail(times=10, status=400, message="Too rude.")
    said = with_model("run", CHAT, "-q", "hi")
    assert said.code == 1
    assert "Too rude." in said.complaint


def test_without_any_model_the_way_to_one_is_shown(treadle: Terminal):
    said = treadle("run", CHAT, "-q", "hi")
    assert said.code == 1
    assert "treadle model add" in said.complaint


def test_inputs_are_read_by_the_kind_of_their_question(treadle: Terminal, tmp_path: Path):
    form = (
        text_input("name"),
        number_input("age"),
        select_input("tone", ["kind", "stern"]),
        {"type": "json_object", "variable": "more", "label": "more", "required": False},
        file_input("paper"),
        file_input("papers", "file-list"),
    )
    picked = {name: f"start.{name}" for name in ("name", "age", "tone", "more", "paper", "papers")}
    path = write(tmp_path, workflow(start(*form, to="end"), end(**picked)))
    note = write(tmp_path, "# Note", "note.md")
    result = treadle(
        "run", path, "--json", "-i", "name=Ada=Lovelace", "-i", "age=36", "-i", "tone=kind",
        "-i", 'more={"a": [1]}', "-i", f"paper=@{note}", "-i", f"papers=@{note},@{note}",
    ).json  # fmt: skip
    outputs = result["outputs"]
    assert [outputs[name] for name in ("name", "age", "tone", "more")] == ["Ada=Lovelace", 36, "kind", {"a": [1]}]
    assert (outputs["paper"]["filename"], outputs["paper"]["type"]) == ("note.md", "document")
    assert [file["filename"] for file in outputs["papers"]] == ["note.md", "note.md"]


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        (["age=old"], "age in input form must be a valid number."),
        (["tone=loud"], "tone in input form must be one of the following: kind, stern."),
        (["more={"], "The input more is not valid JSON: "),
        (["paper=note.md"], "The input paper takes a file: paper=@PATH, or its web address."),
        (["paper=@/nowhere/note.md"], "/nowhere/note.md cannot be read: No such file or directory."),
        (["colour=red"], "The app has no input colour; it asks for must, age, tone, more, paper."),
        ([], "must is required in input form."),
    ],
)
def test_an_input_at_fault_is_named(treadle: Terminal, tmp_path: Path, given: list[str], complaint: str):
    form = (
        text_input("must", required=True),
        number_input("age"),
        select_input("tone", ["kind", "stern"]),
        {"type": "json_object", "variable": "more", "label": "more", "required": False},
        file_input("paper"),
    )
    path = write(tmp_path, workflow(start(*form, to="end"), end(must="start.must")))
    must = ["-i", "must=yes"] if given else []
    said = treadle("run", path, *must, *(part for item in given for part in ("-i", item)))
    assert (said.code, said.out) == (1, "")
    assert said.complaint.startswith(complaint)


@pytest.mark.parametrize("given", ["novalue", "=x", ""])
def test_an_input_without_name_and_value_is_a_usage_error(treadle: Terminal, given: str):
    said = treadle("run", CHAT, "--input", given, "-q", "hi")
    assert (said.code, said.complaint) == (2, f"--input takes NAME=VALUE, not {given!r}.")


def test_a_chat_app_without_a_message_asks_for_one(treadle: Terminal, tmp_path: Path):
    flow = write(tmp_path, chatflow(start(to="answer"), answer("hi")))
    for target in (CHAT, flow):
        assert treadle("run", target).complaint == "This app answers messages; give one with --query."
    assert treadle("run", flow, "-q", "hello").out == "hi\n"


@pytest.mark.parametrize(
    ("target", "complaint"),
    [
        ("nothing.yml", "There is no file nothing.yml."),
        ("nothing", "There is no app with the id or name nothing; see `treadle app list`."),
        ("/tmp/", "/tmp cannot be read: Is a directory."),
    ],
)
def test_a_target_that_is_neither_file_nor_app_is_said(treadle: Terminal, target: str, complaint: str):
    said = treadle("run", target)
    assert (said.code, said.complaint) == (1, complaint)


def test_a_file_that_cannot_run_says_every_reason(treadle: Terminal, tmp_path: Path):
    assert treadle("run", write(tmp_path, "- 1\n")).code == 1
    broken = workflow(start(to="t"), template("t", "hi", to="end"), end()).replace("template-transform", "teleport")
    said = treadle("run", write(tmp_path, broken))
    assert said.code == 1
    assert said.complaint.startswith('This app cannot be run. The node "t"')


def test_a_draft_asks_to_be_published(treadle: Terminal, tmp_path: Path):
    path = write(tmp_path, workflow(start(to="end"), end(), name="Draft"))
    treadle("app", "import", path)
    assert treadle("run", "Draft").complaint == "This app has no published version yet; publish it first."


def test_a_completion_app_takes_its_form(with_model: Terminal, tmp_path: Path):
    path = write(tmp_path, completion(text_input("topic", required=True), prompt="Write of {{topic}}."))
    assert with_model("run", path, "-i", "topic=rain").out == "You said: Write of rain.\n"


def test_several_models_stream_in_the_order_of_the_answer(with_model: Terminal, tmp_path: Path):
    nodes = (start(to=["a", "b"]), llm("a", "one", to="answer"), llm("b", "two", to="answer"))
    path = write(tmp_path, chatflow(*nodes, answer("{{#b.text#}} / {{#a.text#}}")))
    assert with_model("run", path, "-q", "x").out == "You said: two / You said: one\n"

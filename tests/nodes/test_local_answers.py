"""The small model inside sorts and reads a text, offline: its replies follow the schema that it is handed."""

from pathlib import Path

import pytest

from tests.cli.terminal import Terminal
from tests.server.app_files import Node, end, leads, start, text_input, workflow

MODEL = {
    "provider": "local",
    "name": "smollm2-135m-instruct",
    "mode": "chat",
    "completion_params": {"temperature": 0, "max_tokens": 100},
}
QUESTION = ["start", "q"]
PARAMETERS = [
    {"name": "city", "type": "string", "description": "The city", "required": True},
    {"name": "days", "type": "number", "description": "How many days", "required": True},
]
CLASSES = [{"id": "1", "name": "Weather"}, {"id": "2", "name": "Cooking"}]
APP = workflow(
    start(text_input("q", max_length=200), to="find"),
    Node(
        "find",
        {"type": "parameter-extractor", "title": "Find", "query": QUESTION, "model": MODEL, "parameters": PARAMETERS},
        leads("sort"),
    ),
    Node(
        "sort",
        {
            "type": "question-classifier",
            "title": "Sort",
            "query_variable_selector": QUESTION,
            "model": MODEL,
            "classes": CLASSES,
        },
        {"1": "end", "2": "end"},
    ),
    end(city="find.city", days="find.days", ok="find.__is_success", sort="sort.class_name"),
)


@pytest.mark.local_model
@pytest.mark.xdist_group("local_model")
def test_the_model_inside_sorts_and_extracts(tmp_path: Path) -> None:
    file = tmp_path / "app.yml"
    file.write_text(APP)
    question = "q=Will it rain in Rome in 3 days?"
    said = Terminal(tmp_path / "data").process("run", file, "-i", question, "--json", TREADLE_LOCAL_MODEL="true")
    assert said.code == 0, said
    outputs = said.json["outputs"]
    assert (outputs["ok"], type(outputs["city"])) == (1, str)
    assert isinstance(outputs["days"], int | float)
    assert outputs["sort"] in ("Weather", "Cooking")

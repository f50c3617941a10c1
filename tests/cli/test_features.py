"""Moderation in the terminal: a file that is run moderates like an app that is called."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.terminal import Terminal
from tests.conformance.features import BLOCKED, WITHDRAWN, keywords
from tests.doubles.scripted_model import ScriptedModel
from tests.server.app_files import chat


@pytest.fixture
def model() -> Iterator[ScriptedModel]:
    with ScriptedModel().in_thread() as model:
        yield model


def test_a_file_is_moderated_when_it_is_run(treadle: Terminal, model: ScriptedModel, tmp_path: Path) -> None:
    assert treadle.add_model(model, "stub", "--default", "--no-validate").code == 0
    path = tmp_path / "app.yml"
    path.write_text(chat(sensitive_word_avoidance=keywords("foo", inputs=True, outputs=True)))
    assert treadle("run", str(path), "--query", "some foo").out.strip() == BLOCKED
    assert model.requests == []
    model.reply("All of this is foo.")
    assert treadle("run", str(path), "--query", "hello", "--json").out.count(WITHDRAWN) == 1
    model.reply("All of this is fine.")
    assert treadle("run", str(path), "--query", "hello").out.strip() == "All of this is fine."

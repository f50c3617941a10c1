"""The example apps: sound files that run offline, loaded once into a new data folder."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml
from aiohttp import web

from tests.cli.terminal import EXAMPLES, QUIET, Terminal
from tests.doubles.echo_server import EchoServer
from tests.doubles.scripted_model import ScriptedModel
from tests.server.harness import Server, Workbench
from treadle.apps.check import check_file

FILES = sorted(EXAMPLES.glob("*.yml"))
WEATHER_SERVICE = "https://api.open-meteo.com"

NAMES = {
    "chat.yml": ("Pocket guide", "chat"),
    "completion.yml": ("Rewriter", "completion"),
    "parallel-translation.yml": ("Three translations", "workflow"),
    "study-companion.yml": ("Study companion", "advanced-chat"),
    "ticket-router.yml": ("Ticket router", "workflow"),
    "weather-report.yml": ("Weather report", "workflow"),
}

BILLING = "Billing desk: answer within one working day.\nTicket: "

REQUESTS = {
    "chat.yml": ["-q", "What does an API do?"],
    "completion.yml": ["-i", "text=The meeting is moved to noon.", "-i", "tone=cheerful"],
    "parallel-translation.yml": ["-i", "text=Good morning."],
    "study-companion.yml": ["-q", "What is a prime number?", "-i", "name=Ada"],
    "ticket-router.yml": ["-i", "ticket=How do I add a colleague?", "-i", "plan=team"],
    "weather-report.yml": ["-i", "city=Lyon"],
}


class WeatherService(EchoServer):
    """The forecast that the weather report asks for."""

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/v1/forecast", self._forecast), *super().routes()]

    async def _forecast(self, request: web.Request) -> web.StreamResponse:
        warmth = 21.5 if request.query["latitude"] == "45.76" else 3.0
        return web.json_response({"current": {"temperature_2m": warmth, "wind_speed_10m": 12.5}})


@pytest.fixture
def treadle(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path / "data")


@pytest.fixture
def model(treadle: Terminal) -> Iterator[ScriptedModel]:
    """The scripted model, which stands in for the built-in one."""
    with ScriptedModel().in_thread() as model:
        treadle.add_model(model, "stub-chat", "--default", "--no-validate")
        yield model


def test_there_are_six_and_each_is_of_this_version_without_a_remark():
    seen = {}
    for file in FILES:
        report = check_file(file.read_bytes())
        assert (report.status, report.problems) == ("completed", [])
        seen[file.name] = (report.name, report.mode)
    assert seen == NAMES


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_an_export_of_an_example_is_the_example(treadle: Terminal, file: Path):
    made = treadle("app", "import", file, "--publish", "--json").json
    exported = yaml.safe_load(treadle("app", "export", made["app_id"]).out)
    assert exported == yaml.safe_load(file.read_text())


def test_the_pocket_guide_answers_under_its_instruction(treadle: Terminal, model: ScriptedModel):
    model.reply("It lets programs talk.")
    assert treadle("run", EXAMPLES / "chat.yml", *REQUESTS["chat.yml"]).out == "It lets programs talk.\n"
    system, user = model.requests[-1].json["messages"]
    assert system["content"].startswith("You are a friendly guide.")
    assert user == {"role": "user", "content": "What does an API do?"}


def test_the_rewriter_puts_text_and_tone_into_its_prompt(treadle: Terminal, model: ScriptedModel):
    model.reply("Great news: noon it is!")
    said = treadle("run", EXAMPLES / "completion.yml", *REQUESTS["completion.yml"])
    assert said.out == "Great news: noon it is!\n"
    prompt = model.requests[-1].json["messages"][-1]["content"]
    assert "in a cheerful tone" in prompt
    assert "Text: The meeting is moved to noon." in prompt


def test_three_translations_are_made_in_parallel_and_put_side_by_side(treadle: Terminal, model: ScriptedModel):
    for language, text in (("French", "Bonjour."), ("German", "Guten Morgen."), ("Spanish", "Buenos días.")):
        model.reply_when(language, text)
    result = treadle("run", EXAMPLES / "parallel-translation.yml", *REQUESTS["parallel-translation.yml"], "--json").json
    assert result["outputs"] == {
        "translations": "**Français** Bonjour.\n\n**Deutsch** Guten Morgen.\n\n**Español** Buenos días."
    }
    assert len(model.requests) == 3


@pytest.mark.parametrize(
    ("ticket", "plan", "ran", "reply"),
    [
        ("I want a refund", "free", "Billing note", f"{BILLING}I want a refund"),
        ("How do I add a colleague?", "team", "Draft a reply", "Open the settings."),
    ],
)
def test_the_ticket_router_takes_one_branch(
    treadle: Terminal, model: ScriptedModel, ticket: str, plan: str, ran: str, reply: str
):
    model.reply("Open the settings.")
    given = ["-i", f"ticket={ticket}", "-i", f"plan={plan}"]
    result = treadle("run", EXAMPLES / "ticket-router.yml", *given, "--json").json
    assert result["outputs"] == {"reply": reply}
    titles = [node["title"] for node in result["nodes"]]
    branches = {"Billing note", "Urgent note", "Draft a reply"}
    assert branches & set(titles) == {ran}


def test_the_study_companion_counts_turns_and_remembers(workbench: Workbench):
    workbench.model.echo_last_user()
    app = workbench.import_app((EXAMPLES / "study-companion.yml").read_text())
    api = workbench.api(app)
    first = api.chat("What is a prime number?", inputs={"name": "Ada"}).json()
    second = api.chat("And is nine one?", conversation_id=first["conversation_id"]).json()
    assert first["answer"].endswith("*Turn 1*")
    assert second["answer"].endswith("*Turn 2*")
    asked = workbench.model.requests[-1].json["messages"]
    assert [message["role"] for message in asked] == ["system", "user", "assistant", "user"]
    assert "companion for Ada" in asked[0]["content"]
    assert asked[1]["content"] == "What is a prime number?"
    variables = api.get(f"/conversations/{first['conversation_id']}/variables", user=api.user).json()["data"]
    assert {item["name"]: item["value"] for item in variables}["turns"] in (2, "2")


def test_the_weather_report_reads_the_service(treadle: Terminal, tmp_path: Path):
    with WeatherService().in_thread() as service:
        copy = tmp_path / "weather.yml"
        copy.write_text((EXAMPLES / "weather-report.yml").read_text().replace(WEATHER_SERVICE, service.origin))
        assert treadle("run", copy, "-i", "city=Lyon").out == "**Lyon**: 21.5 °C, wind 12.5 km/h (live)\n"


def test_the_weather_report_has_a_sample_where_there_is_no_network(treadle: Terminal, tmp_path: Path):
    copy = tmp_path / "weather.yml"
    copy.write_text((EXAMPLES / "weather-report.yml").read_text().replace(WEATHER_SERVICE, "https://weather.invalid"))
    result = treadle("run", copy, "-i", "city=Lyon", "--json").json
    assert result["status"] == "partial-succeeded"
    assert result["outputs"]["report"].startswith("**Lyon**: ")
    assert result["outputs"]["report"].endswith("(sample, the weather service was not reached)")


@pytest.mark.local_model
@pytest.mark.xdist_group("local_model")
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_each_runs_with_the_built_in_model(treadle: Terminal, file: Path):
    treadle.environment["TREADLE_LOCAL_MODEL"] = "true"
    said = treadle("run", file, *REQUESTS[file.name], "--json")
    assert said.code == 0, said
    result = said.json
    assert result["status"] in ("succeeded", "partial-succeeded")
    text = " ".join(str(value) for value in result["outputs"].values())
    assert len(text.split()) >= 3
    models = [node for node in result["nodes"] if node["type"] in ("llm", "basic-model")]
    assert all(node["total_tokens"] > 0 for node in models)


@pytest.mark.local_model
@pytest.mark.xdist_group("local_model")
def test_the_answer_comes_word_by_word(treadle: Terminal):
    process = treadle.start("run", EXAMPLES / "chat.yml", "-q", "Hello", TREADLE_LOCAL_MODEL="true")
    assert process.stdout is not None
    assert process.stdout.read(1)
    assert process.poll() is None
    process.communicate(timeout=60)
    assert process.returncode == 0


def test_examples_are_loaded_at_the_first_start_and_never_again(tmp_path: Path):
    server = Server(tmp_path / "data", QUIET)
    beside = Terminal(server.data_dir)
    server.start()
    try:
        rows = beside("app", "list", "--json").json
        assert sorted((row["name"], row["mode"]) for row in rows) == sorted(NAMES.values())
        assert all(row["published"] for row in rows)
        page = httpx.get(f"{server.url}/chat/{rows[0]['site_code']}")
        assert page.status_code == 200
        beside("app", "delete", "Pocket guide")
        server.stop()
        server.start()
        names = {row["name"] for row in beside("app", "list", "--json").json}
        assert names == {name for name, _ in NAMES.values()} - {"Pocket guide"}
    finally:
        server.stop()


def test_a_folder_that_a_command_made_first_still_gets_the_examples(tmp_path: Path):
    server = Server(tmp_path / "data", QUIET)
    beside = Terminal(server.data_dir)
    beside("app", "list")
    server.start()
    try:
        assert len(beside("app", "list", "--json").json) == len(FILES)
    finally:
        server.stop()

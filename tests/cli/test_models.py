"""`treadle model`: add with a real check, list, test, and the providers there are."""

from collections.abc import Iterator

import pytest

from tests.cli.terminal import Terminal
from tests.doubles.scripted_model import ScriptedModel
from treadle.models.catalogue import use_folder

GENERIC = "openai_api_compatible"


@pytest.fixture
def model() -> Iterator[ScriptedModel]:
    with ScriptedModel(models=["stub-chat", "stub-embedding"]).in_thread() as model:
        yield model


@pytest.fixture(autouse=True)
def own_catalogue() -> Iterator[None]:
    yield
    use_folder(None)


def add(treadle: Terminal, *credentials: str, model: str = "stub-chat", kind: str = "llm", provider: str = GENERIC):
    given = [part for credential in credentials for part in ("--credential", credential)]
    return treadle("model", "add", "--provider", provider, "--type", kind, "--model", model, *given)


def test_a_model_is_checked_with_a_call_and_listed(treadle: Terminal, model: ScriptedModel):
    said = treadle.add_model(model, "stub-chat", "--default")
    assert (said.code, said.out) == (0, f"Added stub-chat of {GENERIC} as the default.\n")
    assert [request.path for request in model.requests] == ["/v1/chat/completions"]
    (row,) = treadle("model", "list", "--json").json
    assert set(row) == {
        "provider", "model", "kind", "label", "mode", "features", "context_size", "scope", "deprecated", "default",
    }  # fmt: skip
    assert (row["provider"], row["model"], row["kind"], row["default"]) == (GENERIC, "stub-chat", "llm", True)
    assert treadle("model", "list").out == f"{GENERIC:<24} {'llm':<16} stub-chat  (default)\n"


def test_no_credential_is_printed(treadle: Terminal, model: ScriptedModel):
    treadle.add_model(model)
    for command in (("model", "list", "--json"), ("model", "list"), ("doctor", "--json")):
        assert model.key not in treadle(*command).out


def test_a_stored_model_can_be_tested(treadle: Terminal, model: ScriptedModel):
    treadle.add_model(model)
    model.reply("Hello.")
    arguments = ("model", "test", "--provider", GENERIC, "--model", "stub-chat")
    answer = treadle(*arguments, "--json").json
    assert set(answer) == {"provider", "model", "kind", "latency", "reply"}
    assert (answer["model"], answer["kind"], answer["reply"]) == ("stub-chat", "llm", "Hello.")
    assert treadle(*arguments).out.startswith(f"stub-chat of {GENERIC} answered in ")
    model.fail(times=5, status=503, message="Resting.")
    said = treadle(*arguments)
    assert said.code == 1
    assert "Resting." in said.complaint


def test_an_embedding_model_is_checked_as_one(treadle: Terminal, model: ScriptedModel):
    said = add(
        treadle, f"endpoint_url={model.url}", f"api_key={model.key}", model="stub-embedding", kind="text-embedding"
    )
    assert said.code == 0, said
    assert [request.path for request in model.requests] == ["/v1/embeddings"]


def test_a_wrong_key_is_refused_and_nothing_is_stored(treadle: Terminal, model: ScriptedModel):
    said = add(treadle, f"endpoint_url={model.url}", "api_key=sk-wrong", "mode=chat")
    assert said.code == 1
    assert "the provider refused the API key (HTTP 401)" in said.complaint
    assert "sk-wrong" not in said.complaint
    assert [violation.kind for violation in model.take_violations()] == ["auth"]
    assert treadle("model", "list", "--json").json == []


def test_a_wrong_address_says_where_nobody_answered(treadle: Terminal):
    said = add(treadle, "endpoint_url=http://127.0.0.1:9/v1", "api_key=x", "mode=chat")
    assert said.code == 1
    assert "http://127.0.0.1:9/v1" in said.complaint


def test_a_model_that_the_server_does_not_have_is_refused(treadle: Terminal, model: ScriptedModel):
    said = add(treadle, f"endpoint_url={model.url}", f"api_key={model.key}", "mode=chat", model="gpt-17")
    assert said.code == 1
    assert "gpt-17" in said.complaint
    assert [violation.kind for violation in model.take_violations()] == ["protocol"]


def test_the_check_can_be_left_out(treadle: Terminal):
    assert treadle(
        "model", "add", "--provider", GENERIC, "--model", "later", "--no-validate",
        "-c", "endpoint_url=http://127.0.0.1:9/v1", "-c", "mode=chat",
    ).code == 0  # fmt: skip
    assert [row["model"] for row in treadle("model", "list", "--json").json] == ["later"]


@pytest.mark.parametrize(
    ("credentials", "settings", "needle"),
    [
        ([], {}, "endpoint_url"),
        (["endpoint_url=x"], {"provider": "acme"}, "acme"),
        (["endpoint_url=x"], {"kind": "telepathy"}, "telepathy"),
        (["endpoint_url=ftp://x"], {}, "endpoint_url"),
    ],
)
def test_what_is_wrong_with_the_order_is_named(
    treadle: Terminal, credentials: list[str], settings: dict[str, str], needle: str
):
    said = add(treadle, *credentials, **settings)
    assert (said.code, said.out) == (1, "")
    assert needle in said.complaint


def test_a_credential_without_a_value_is_a_usage_error(treadle: Terminal):
    said = add(treadle, "endpoint_url")
    assert (said.code, said.complaint) == (2, "--credential takes NAME=VALUE, not 'endpoint_url'.")


def test_model_test_of_what_is_not_stored_shows_how_to_add_it(treadle: Terminal):
    said = treadle("model", "test", "--provider", "openai", "--model", "gpt-4o")
    assert said.code == 1
    assert "treadle model add --provider openai" in said.complaint


def test_providers_name_their_types_and_credentials(treadle: Terminal):
    rows = {row["provider"]: row for row in treadle("model", "providers", "--json").json}
    assert all(set(row) == {"provider", "label", "types", "credentials", "models"} for row in rows.values())
    generic = rows[GENERIC]
    assert {"llm", "text-embedding"} <= set(generic["types"])
    assert {"endpoint_url", "api_key"} <= {field["name"] for field in generic["credentials"]}
    assert all(set(field) == {"name", "type", "required", "for"} for field in generic["credentials"])
    assert {"openai", "ollama", "local"} <= set(rows)
    listed = treadle("model", "providers").out.splitlines()
    assert len(listed) == len(rows)


def test_a_newcomer_with_one_address_is_guided(treadle: Terminal, model: ScriptedModel):
    answers = ["nobody", "compat", model.key, f"{model.url}", "1", "y"]
    said = treadle("model", "add", typed="\n".join(answers) + "\n")
    assert said.code == 0, said
    assert "None is called so." in said.out
    assert "   1  stub-chat" in said.out
    assert said.out.endswith(f"Added stub-chat of {GENERIC} as the default.\n")
    assert model.key not in said.out
    (row,) = treadle("model", "list", "--json").json
    assert (row["model"], row["default"]) == ("stub-chat", True)


def test_a_newcomer_with_one_key_is_guided(treadle: Terminal):
    with ScriptedModel(models=["gpt-4o-mini", "gpt-4o"]).in_thread() as model:
        treadle.environment["TREADLE_MODEL_CATALOGUE_DIR"] = str(treadle.data_dir.parent)
        (treadle.data_dir.parent / "acme.yaml").write_text(ACME.replace("URL", model.url), encoding="utf-8")
        said = treadle("model", "add", typed=f"acme\n{model.key}\n\ny\n")
        assert said.code == 0, said
        assert said.out.endswith("Added gpt-4o-mini of acme as the default.\n")
        listed = treadle("model", "list").out
        assert "gpt-4o-mini  (default)" in listed
        assert treadle("model", "list", "--remote", "acme").out == "gpt-4o-mini\ngpt-4o\n"
        wrong = treadle("model", "add", typed="acme\nsk-wrong\nn\n\ny\n")
        assert (wrong.code, "HTTP 401" in wrong.err) == (1, True)
        mended = treadle("model", "add", typed=f"acme\nsk-wrong\n\n{model.key}\ngpt-4o\ny\n")
        assert (mended.code, "[acme] the provider refused the API key" in mended.out) == (0, True)
        assert mended.out.endswith("Added gpt-4o of acme as the default.\n")
        assert treadle("model", "test", "--provider", "acme", "--model", "gpt-4o-mini").code == 0
        model.take_violations()


ACME = """provider: acme
position: 5
label: Acme
description: A gateway of ours.
icon: acme
kinds: [llm]
configure: [predefined-model]
protocol: openai
validation_model: gpt-4o-mini
connection: {url: 'URL', key_field: api_key}
provider_form:
  - use: api_key
models:
  - {model: gpt-4o-mini, context_size: 1000}
  - {model: gpt-4o, context_size: 1000}
"""


def test_a_wrong_file_of_an_operator_is_named(treadle: Terminal):
    treadle.environment["TREADLE_MODEL_CATALOGUE_DIR"] = str(treadle.data_dir.parent)
    (treadle.data_dir.parent / "acme.yaml").write_text(ACME.replace("[llm]", "[song]"), encoding="utf-8")
    for command in (("model", "providers"), ("model", "list")):
        said = treadle(*command)
        assert (said.code, said.out) == (1, "")
        assert "acme.yaml: " in said.complaint
        assert "kinds" in said.complaint


def test_who_does_not_answer_adds_nothing(treadle: Terminal):
    said = treadle("model", "add", typed="")
    assert (said.code, treadle("model", "list", "--json").json) == (2, [])
    assert "--provider" in said.err


def test_keys_are_added_by_name_take_turns_and_are_removed(treadle: Terminal, model: ScriptedModel):
    treadle.add_model(model)
    which = ("--provider", GENERIC, "--model", "stub-chat")
    form = ("-c", f"endpoint_url={model.url}", "-c", f"api_key={model.key}")
    assert treadle("model", "balance", *which, "--on").complaint.startswith("Taking turns needs two credentials")
    said = treadle("model", "add", *which, *form, "--name", "Second")
    assert said.out == f"Added Second for stub-chat of {GENERIC}.\n"
    assert treadle("model", "balance", *which, "--on").out == (
        "stub-chat: credentials take turns\n  API KEY 1\n  Second\n"
    )
    shown = treadle("model", "balance", *which, "--json").json
    assert (shown["balanced"], [each["name"] for each in shown["credentials"]]) == (True, ["API KEY 1", "Second"])
    assert model.key not in str(shown)
    assert treadle("model", "remove", *which, "--name", "Third").code == 1
    assert treadle("model", "remove", *which, "--name", "Second").out == "Removed Second of stub-chat.\n"
    assert treadle("model", "remove", *which).out == "Removed the credentials of stub-chat.\n"
    assert treadle("model", "list", "--json").json == []


def test_a_model_is_made_the_default_and_gets_one_behind_it(treadle: Terminal, model: ScriptedModel):
    treadle.add_model(model, "stub-chat", "--default")
    form = ("-c", f"endpoint_url={model.url}", "-c", f"api_key={model.key}")
    assert treadle("model", "add", "--provider", GENERIC, "--model", "spare", "--no-validate", *form).code == 0
    said = treadle("model", "default", "--provider", GENERIC, "--model", "spare")
    assert said.out == f"spare of {GENERIC} is the default of llm.\n"
    which = ("--provider", GENERIC, "--model", "stub-chat")
    said = treadle("model", "balance", *which, "--behind", f"{GENERIC}/spare")
    assert said.out.endswith(f"  behind it: spare of {GENERIC}\n")
    assert treadle("model", "balance", *which, "--behind", "spare").code == 2


@pytest.mark.local_model
def test_the_local_models_are_there_without_any_setup(treadle: Terminal):
    treadle.environment["TREADLE_LOCAL_MODEL"] = "true"
    rows = treadle("model", "list", "--json").json
    assert ("local", "smollm2-135m-instruct", "built-in", True) in [
        (row["provider"], row["model"], row["scope"], row["default"]) for row in rows
    ]
    assert all(row["provider"] == "local" and row["default"] for row in rows)
    said = treadle("model", "test", "--provider", "local", "--model", "smollm2-135m-instruct", "--json")
    assert said.json["reply"]

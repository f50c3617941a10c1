"""Basic apps made into graph apps, case by case (spec workflow-engine §22, §25)."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conformance.features import data_tool, extension, keywords, near_doubles
from tests.server import sample_apps
from tests.server.app_files import chat, completion, text_input
from tests.server.harness import MadeApp, Workbench
from tests.server.payloads import asked, unique
from treadle.apps.check import check_file
from treadle.apps.editing.convert import CannotConvert, converted
from treadle.dsl import dump, has_errors, parse
from treadle.server.services import Services

JsonMap = dict[str, Any]


def graph_of(file_text: str) -> JsonMap:
    """The converted file's `workflow`, once the check of files finds nothing wrong with it."""
    app = parse(file_text).app
    assert app is not None
    text = dump(converted(app), include_secrets=True)
    report = check_file(text)
    assert not has_errors(report.problems), report.problems
    return dict(yaml.safe_load(text)["workflow"])


def data_of(workflow: JsonMap, node_id: str) -> JsonMap:
    [node] = [node for node in workflow["graph"]["nodes"] if node["id"] == node_id]
    return dict(node["data"])


def convert(bench: Workbench, source: MadeApp) -> MadeApp:
    """The converted app, published, with a key."""

    async def work(services: Services) -> MadeApp:
        workspace = await services.accounts.only_workspace()
        made = await services.conversion.convert(workspace.id, source.id)
        await services.apps.publish(workspace.id, made.id)
        key = await services.keys.create(workspace.id, "app", app_id=made.id)
        return MadeApp(made.id, str(made.mode), key.token)

    return near_doubles(bench, work)


def messages(bench: Workbench, text: str) -> list[JsonMap]:
    [call] = asked(bench, text)
    return [{"role": message["role"], "content": message["content"]} for message in call.json["messages"]]


def test_case_71_a_simple_completion_prompt_becomes_a_model_node(workbench: Workbench) -> None:
    file = completion(text_input("name"), name="Greeter", prompt="Hi {{name}}")
    workflow = graph_of(file)
    assert [node["id"] for node in workflow["graph"]["nodes"]] == ["start", "llm", "end"]
    assert [edge["id"] for edge in workflow["graph"]["edges"]] == ["start-llm", "llm-end"]
    [prompt] = data_of(workflow, "llm")["prompt_template"]
    assert (prompt["role"], prompt["text"]) == ("user", "Hi {{#start.name#}}\n")
    [output] = data_of(workflow, "end")["outputs"]
    assert (output["variable"], output["value_selector"]) == ("result", ["llm", "text"])
    source, name = workbench.import_app(file), unique("Ada")
    made = convert(workbench, source)
    assert made.mode == "workflow"
    before = workbench.api(source).complete({"name": name}).json()["answer"]
    [first] = asked(workbench, name)
    after = workbench.api(made).run({"name": name}).json()["data"]["outputs"]
    assert after["result"].strip() == before
    assert asked(workbench, name)[1].json["messages"] == first.json["messages"]


def test_case_72_agents_and_graphs_are_refused(workbench: Workbench) -> None:
    agent = json.loads(chat(name="Agent"))
    agent["app"]["mode"] = "agent-chat"
    for text in (json.dumps(agent, ensure_ascii=False), sample_apps.CHATFLOW, sample_apps.ECHO):
        app = parse(text).app
        assert app is not None
        with pytest.raises(CannotConvert, match="Only chat and completion apps"):
            converted(app)


def test_a_converted_chat_asks_its_model_the_same(workbench: Workbench) -> None:
    file = chat(
        text_input("city"),
        prompt="Be brief about {{city}}, not {{unknown}}. <|endoftext|>",
        opening_statement="Hello from {{city}}",
        sensitive_word_avoidance=keywords("foo", inputs=True),
    )
    source = workbench.import_app(file)
    made = convert(workbench, source)
    assert made.mode == "advanced-chat"
    seen: list[list[JsonMap]] = []
    for app in (source, made):
        api, first, second = workbench.api(app), "the first question", unique("second")
        body = api.chat(first, inputs={"city": "Bergen"}).json()
        api.chat(second, inputs={"city": "Bergen"}, conversation_id=body["conversation_id"])
        seen.append(
            [{**message, "content": message["content"].replace(second, "Q")} for message in messages(workbench, second)]
        )
        assert api.chat("foo", inputs={"city": "Bergen"}).json()["answer"] == "Let us talk about something else."
    assert seen[0] == seen[1]
    assert seen[0][0]["content"] == "Be brief about Bergen, not {unknown}. \n"
    assert len(seen[0]) == 4
    shown = [workbench.api(app).get("/parameters").json()["opening_statement"] for app in (source, made)]
    assert shown == ["Hello from {{city}}"] * 2


def test_a_data_tool_becomes_a_request_and_its_answer(workbench: Workbench) -> None:
    """Texts with quotation marks and line breaks come through whole."""
    with extension(workbench, unique("stock")) as (double, extension_id):
        app = chat(text_input("sku"), prompt="Stock: {{stock}}", external_data_tools=[data_tool("stock", extension_id)])
        source = workbench.import_app(app)
        made = convert(workbench, source)
        seen: list[JsonMap] = []
        for each in (source, made):
            query = f'{unique("how")} "many"\nin stock?'
            assert workbench.api(each).chat(query, inputs={"sku": 'A"7'}).status_code == 200
            call = double.calls("app.external_data_tool.query")[-1]
            assert (call["app_id"], call["query"]) == (each.id, query)
            seen.append({name: value for name, value in call.items() if name not in ("app_id", "query")})
            assert messages(workbench, query.split('"')[0])[0]["content"] == "Stock: known stock\n"
    assert seen == [{"tool_variable": "stock", "inputs": {"sku": 'A"7'}}] * 2
    exported = workbench.command("app", "export", made.id)
    assert "extension-key" not in exported


def test_a_file_is_converted_by_a_command(workbench: Workbench, tmp_path: Path) -> None:
    source, target = tmp_path / "app.yml", tmp_path / "made.yml"
    source.write_text(chat(name="Talker", prompt="Be kind."))
    workbench.command("app", "convert", str(source), "--output", str(target))
    made = yaml.safe_load(target.read_text())
    assert (made["app"]["name"], made["app"]["mode"]) == ("Talker(workflow)", "advanced-chat")
    workbench.import_app(target.read_text())


def test_knowledge_becomes_a_node_in_front_of_the_model() -> None:
    configs = {
        "retrieval_model": "multiple",
        "datasets": {"strategy": "router", "datasets": [{"dataset": {"enabled": True, "id": "kb-1"}}]},
        "top_k": 7,
        "score_threshold": 0.5,
        "score_threshold_enabled": False,
    }
    workflow = graph_of(chat(prompt="Answer.", dataset_configs=configs))
    assert [node["id"] for node in workflow["graph"]["nodes"]] == ["start", "knowledge_retrieval", "llm", "answer"]
    found = data_of(workflow, "knowledge_retrieval")
    assert found["query_variable_selector"] == ["sys", "query"]
    assert found["dataset_ids"] == ["kb-1"]
    assert (found["multiple_retrieval_config"]["top_k"], found["multiple_retrieval_config"]["score_threshold"]) == (
        7,
        None,
    )
    model = data_of(workflow, "llm")
    assert model["context"] == {"enabled": True, "variable_selector": ["knowledge_retrieval", "result"]}
    assert "{{#context#}}" in model["prompt_template"][0]["text"]


def test_a_completion_model_keeps_its_frame_and_stop_words() -> None:
    model = {
        "provider": "openai",
        "name": "gpt-3.5-turbo-instruct",
        "mode": "completion",
        "completion_params": {"stop": ["X"]},
    }
    made = data_of(graph_of(chat(prompt="Be brief.", model=model)), "llm")
    text = made["prompt_template"]["text"]
    assert text.startswith("Be brief.\n")
    assert "<histories>\n{{#histories#}}\n</histories>" in text
    assert text.endswith("\n\nHuman: {{#sys.query#}}\n\nAssistant: ")
    assert made["model"]["completion_params"]["stop"] == ["X", "\nHuman:", "</histories>"]
    assert made["memory"]["role_prefix"] == {"user": "Human", "assistant": "Assistant"}

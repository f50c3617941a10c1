"""Published clients, unchanged but for their base address: `dify-client` and `dify-client-python` from PyPI, and the
npm package `dify-client`.

The two Python packages share the name `dify_client`; their modules have different names and live side by side.
"""

import json
import os
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from dify_client import models
from dify_client._clientx import Client as TypedClient
from dify_client.client import ChatClient, CompletionClient, DifyClient
from dify_client.errors import (
    DifyAppUnavailable,
    DifyCompletionRequestError,
    DifyInvalidParam,
    DifyNotChatApp,
    DifyResourceNotFound,
)
from dify_client.models.workflow import NodeFinishedData, WorkflowFinishedData

from tests.server import sample_apps
from tests.server.harness import Workbench

JsonMap = dict[str, Any]


def official(kind: type[DifyClient], bench: Workbench, file_text: str) -> Any:
    """The official client for an app; its address is a plain attribute."""
    client = kind(bench.shared_app(file_text).key)
    client.base_url = f"{bench.server.url}/v1"
    return client


def typed(bench: Workbench, file_text: str) -> TypedClient:
    """The strictly typed client for an app."""
    return TypedClient(api_key=bench.shared_app(file_text).key, api_base=f"{bench.server.url}/v1")


def user() -> str:
    return f"client-{uuid4().hex[:10]}"


def lines_of(response: Any) -> list[JsonMap]:
    """A stream as the README of the official client reads it."""
    events = []
    for line in response.iter_lines(decode_unicode=True):
        if line.startswith("data:"):
            events.append(json.loads(line.split("data:", 1)[-1].strip()))
    return events


# ---- dify-client ----


def test_official_client_chats(workbench: Workbench) -> None:
    client, name = official(ChatClient, workbench, sample_apps.CHAT), user()
    answer = client.create_chat_message(inputs={}, query="Hello", user=name, response_mode="blocking")
    answer.raise_for_status()
    assert answer.json().get("answer") == "You said: Hello"
    conversation = answer.json()["conversation_id"]
    streamed = client.create_chat_message({}, "Again", name, "streaming", conversation_id=conversation)
    events = lines_of(streamed)
    assert "".join(event.get("answer", "") for event in events) == "You said: Again"
    assert {event["conversation_id"] for event in events} == {conversation}


def test_official_client_reads_and_renames_conversations(workbench: Workbench) -> None:
    client, name = official(ChatClient, workbench, sample_apps.CHAT), user()
    conversation = client.create_chat_message({}, "Hello", name).json()["conversation_id"]
    client.create_chat_message({}, "Again", name, conversation_id=conversation)
    messages = client.get_conversation_messages(name, conversation_id=conversation)
    assert [row["query"] for row in messages.json()["data"]] == ["Hello", "Again"]
    limited = client.get_conversation_messages(name, conversation_id=conversation, limit=1)
    assert (limited.json()["has_more"], limited.json()["data"][0]["query"]) == (True, "Again")
    listed = client.get_conversations(user=name)
    assert [row["id"] for row in listed.json()["data"]] == [conversation]
    assert client.get_conversations(user=name, limit=1, pinned=False).status_code == 200
    renamed = client.rename_conversation(conversation, "A new name", name)
    assert renamed.json()["name"] == "A new name"
    rated = client.message_feedback(messages.json()["data"][0]["id"], "like", name)
    assert rated.json() == {"result": "success"}


def test_official_client_completes(workbench: Workbench) -> None:
    client, name = official(CompletionClient, workbench, sample_apps.COMPLETION), user()
    answer = client.create_completion_message({"product": "boots"}, "blocking", name)
    assert "boots" in answer.json()["answer"]
    events = lines_of(client.create_completion_message({"product": "boots"}, "streaming", name, files=None))
    assert events[-1]["event"] == "message_end"


def test_official_client_uploads_and_uses_a_file(workbench: Workbench, tmp_path: Path) -> None:
    client, name = official(ChatClient, workbench, sample_apps.IMAGE_CHAT), user()
    path = tmp_path / "harbour.png"
    path.write_bytes(workbench.png())
    with path.open("rb") as handle:
        bare = client.file_upload(name, {"file": handle})
    with path.open("rb") as handle:
        named = client.file_upload(name, {"file": ("harbour.png", handle, "image/png")})
    assert (bare.status_code, bare.json()["mime_type"]) == (201, "image/png")
    assert named.status_code == 201
    files = [{"type": "image", "transfer_method": "local_file", "upload_file_id": named.json()["id"]}]
    answer = client.create_chat_message({}, "look", name, files=files)
    assert answer.status_code == 200


def test_official_client_describes_the_app_and_sees_plain_errors(workbench: Workbench) -> None:
    client = official(ChatClient, workbench, sample_apps.FORM_CHAT)
    form = client.get_application_parameters("u").json()["user_input_form"]
    assert [next(iter(item)) for item in form] == ["text-input", "select", "number"]
    assert client.create_chat_message({}, "hi", "u").status_code == 400
    assert client.get_conversation_messages("u").json()["code"] == "invalid_param"
    stranger = ChatClient("app-unknown")
    stranger.base_url = client.base_url
    assert stranger.create_chat_message({}, "hi", "u").status_code == 401


# ---- dify-client-python ----


def blocking(query: str, name: str, **members: Any) -> models.ChatRequest:
    return models.ChatRequest(query=query, user=name, response_mode=models.ResponseMode.BLOCKING, **members)


def streaming(query: str, name: str, **members: Any) -> models.ChatRequest:
    return models.ChatRequest(query=query, user=name, response_mode=models.ResponseMode.STREAMING, **members)


def datas(events: list[Any], name: str) -> list[JsonMap]:
    """The data of the events of this name, each also accepted by its own strict model."""
    model = {
        "node_finished": NodeFinishedData,
        "workflow_finished": WorkflowFinishedData,
    }.get(name)
    found = [
        event.data if isinstance(event.data, dict) else event.data.model_dump()
        for event in events
        if event.event == name
    ]
    for data in found:
        if model is not None:
            model(**data)
    return found


def names(events: Iterator[Any]) -> list[str]:
    return [str(event.event) for event in events]


def test_typed_client_chats(workbench: Workbench) -> None:
    client, name = typed(workbench, sample_apps.CHAT), user()
    answer = client.chat_messages(blocking("Hello", name))
    assert isinstance(answer, models.ChatResponse)
    assert (answer.answer, str(answer.mode)) == ("You said: Hello", "chat")
    assert answer.metadata.usage.total_tokens > 0
    events = list(client.chat_messages(streaming("Again", name)))
    assert (
        "".join(event.answer for event in events if isinstance(event, models.MessageStreamResponse))
        == "You said: Again"
    )
    assert isinstance(events[-1], models.MessageEndStreamResponse)
    assert not any(type(event) is models.StreamResponse for event in events)


def test_typed_client_reads_every_event_of_a_chatflow(workbench: Workbench) -> None:
    client, name = typed(workbench, sample_apps.CHATFLOW), user()
    events = list(client.chat_messages(streaming("Hello", name, inputs={"name": "Ada"})))
    kinds = {str(event.event) for event in events}
    assert kinds == {
        "workflow_started", "node_started", "node_finished", "message", "workflow_finished", "message_end",
    }  # fmt: skip
    assert not any(type(event) is models.StreamResponse for event in events)
    nodes = datas(events, "node_finished")
    assert [node["node_id"] for node in nodes] == ["start", "count", "reply", "remember", "answer"]
    metadata = NodeFinishedData(**nodes[2]).execution_metadata
    assert metadata is not None
    assert (metadata.total_price, metadata.currency) == (0.0, "USD")
    answer = client.chat_messages(blocking("Hello", name))
    assert isinstance(answer, models.ChatResponse)
    assert str(answer.mode) == "advanced-chat"


def test_typed_client_rates_and_gets_suggestions(workbench: Workbench) -> None:
    client, name = typed(workbench, sample_apps.SUGGESTING_CHAT), user()
    word = uuid4().hex
    answer = client.chat_messages(blocking(word, name))
    assert isinstance(answer, models.ChatResponse)
    workbench.model.reply_when(word, '["And then?", "Why?"]')
    suggested = client.suggest_messages(answer.message_id, models.ChatSuggestRequest(user=name))
    assert (suggested.result, suggested.data) == ("success", ["And then?", "Why?"])
    rating = models.FeedbackRequest(rating=models.Rating.LIKE, user=name)
    assert client.feedback_messages(answer.message_id, rating).result == "success"
    withdrawn = models.FeedbackRequest(rating=None, user=name)
    assert client.feedback_messages(answer.message_id, withdrawn).result == "success"


def test_typed_client_stops_a_chat(workbench: Workbench) -> None:
    client, name = typed(workbench, sample_apps.CHAT), user()
    workbench.model.hang(times=1, after_events=4)
    events = iter(client.chat_messages(streaming("stop me", name)))
    first = next(events)
    stopped = client.stop_chat_messages(first.task_id, models.StopRequest(user=name))
    assert stopped.result == "success"
    assert names(events)[-1] == "message_end"


def test_typed_client_completes(workbench: Workbench) -> None:
    client, name = typed(workbench, sample_apps.COMPLETION), user()

    def request(mode: models.ResponseMode) -> models.CompletionRequest:
        return models.CompletionRequest(inputs={"product": "boots"}, response_mode=mode, user=name)

    answer = client.completion_messages(request(models.ResponseMode.BLOCKING))
    assert isinstance(answer, models.CompletionResponse)
    assert str(answer.mode) == "completion"
    assert names(client.completion_messages(request(models.ResponseMode.STREAMING)))[-1] == "message_end"


def run_request(mode: models.ResponseMode, name: str, **inputs: Any) -> models.WorkflowsRunRequest:
    return models.WorkflowsRunRequest(inputs=inputs, response_mode=mode, user=name)


def test_typed_client_runs_a_workflow(workbench: Workbench) -> None:
    client, name = typed(workbench, sample_apps.WRITER), user()
    answer = client.run_workflows(run_request(models.ResponseMode.BLOCKING, name, topic="tides"))
    assert isinstance(answer, models.WorkflowsRunResponse)
    assert (str(answer.data.status), answer.data.outputs) == (
        "succeeded",
        {"text": "You said: Write about tides", "topic": "tides"},
    )
    events = list(client.run_workflows(run_request(models.ResponseMode.STREAMING, name, topic="tides")))
    assert not any(type(event) is models.StreamResponse for event in events)
    assert {"workflow_started", "node_started", "node_finished", "text_chunk", "workflow_finished"} == {
        str(event.event) for event in events
    }
    (finished,) = datas(events, "workflow_finished")
    assert finished["created_by"]["user"] == name
    assert (finished["outputs"], finished["status"]) == (answer.data.outputs, "succeeded")


def test_typed_client_reads_retries_and_failures(workbench: Workbench) -> None:
    client, name = typed(workbench, sample_apps.RETRYING_WORKFLOW), user()
    events = list(client.run_workflows(run_request(models.ResponseMode.STREAMING, name)))
    assert len(datas(events, "node_retry")) == 2
    assert [data["status"] for data in datas(events, "workflow_finished")] == ["failed"]
    handled = typed(workbench, sample_apps.HANDLED_WORKFLOW)
    events = list(handled.run_workflows(run_request(models.ResponseMode.STREAMING, name)))
    (finished,) = datas(events, "workflow_finished")
    assert (finished["status"], finished["exceptions_count"]) == ("partial-succeeded", 1)


def test_typed_client_stops_a_workflow(workbench: Workbench) -> None:
    gate, name = uuid4().hex, user()
    app = workbench.import_app(sample_apps.held_workflow(workbench.gate.held(gate)))
    client = TypedClient(api_key=app.key, api_base=f"{workbench.server.url}/v1")
    events = iter(client.run_workflows(run_request(models.ResponseMode.STREAMING, name)))
    task = next(events).task_id
    workbench.gate.wait(gate)
    assert client.stop_workflows(task, models.StopRequest(user=name)).result == "success"
    assert [data["status"] for data in datas(list(events), "workflow_finished")] == ["stopped"]


def test_typed_client_uploads_and_uses_a_file(workbench: Workbench) -> None:
    client, name = typed(workbench, sample_apps.IMAGE_CHAT), user()
    request = models.UploadFileRequest(user=name)
    made = client.upload_files(("harbour.png", workbench.png(), "image/png"), request)
    assert (made.name, made.extension, made.mime_type) == ("harbour.png", "png", "image/png")
    file = models.File(
        type=models.FileType.IMAGE, transfer_method=models.TransferMethod.LOCAL_FILE, upload_file_id=made.id
    )
    answer = client.chat_messages(blocking("look", name, files=[file]))
    assert isinstance(answer, models.ChatResponse)


def test_typed_client_raises_the_documented_errors(workbench: Workbench) -> None:
    name = user()
    chat, flow = typed(workbench, sample_apps.CHAT), typed(workbench, sample_apps.ECHO)
    with pytest.raises(DifyNotChatApp):
        flow.chat_messages(blocking("hi", name))
    with pytest.raises(DifyAppUnavailable):
        chat.completion_messages(models.CompletionRequest(response_mode=models.ResponseMode.BLOCKING, user=name))
    with pytest.raises(DifyResourceNotFound):
        chat.chat_messages(blocking("hi", name, conversation_id=str(uuid4())))
    with pytest.raises(DifyInvalidParam):
        list(chat.chat_messages(streaming("", name)))
    workbench.model.fail(times=3, status=500)
    with pytest.raises(DifyCompletionRequestError):
        chat.chat_messages(blocking("hi", name, auto_generate_name=False))


# ---- npm ----

_SCRIPT = """
import * as dify from "dify-client";
const [, , base, chatKey, imageKey, completionKey, workflowKey, user] = process.argv;
const found = {};
const text = async (stream) => {
  let read = "";
  for await (const piece of stream) read += piece.toString();
  return read;
};
const chat = new dify.ChatClient(chatKey, base);
const first = (await chat.createChatMessage({}, "Hello", user)).data;
found.answer = first.answer;
found.chatStream = await text((await chat.createChatMessage({}, "Again", user, true, first.conversation_id)).data);
found.conversations = (await chat.getConversations(user, null, 5)).data.data.map((row) => row.id);
found.messages = (await chat.getConversationMessages(user, first.conversation_id)).data.data.map((row) => row.query);
found.renamed = (await chat.renameConversation(first.conversation_id, "Trip", user, false)).data.name;
found.feedback = (await chat.messageFeedback(first.message_id, "like", user)).data.result;
found.parameters = (await chat.getApplicationParameters(user)).data.opening_statement;
found.deleted = (await chat.deleteConversation(first.conversation_id, user)).data.result;
const images = new dify.ChatClient(imageKey, base);
const form = new FormData();
form.append("file", new Blob([Buffer.from(process.env.PNG, "base64")], { type: "image/png" }), "a.png");
form.append("user", user);
const upload = (await images.fileUpload(form)).data;
const sent = [{ type: "image", transfer_method: "local_file", upload_file_id: upload.id }];
found.image = (await images.createChatMessage({}, "Look", user, false, null, sent)).data.answer;
const completion = new dify.CompletionClient(completionKey, base);
found.completion = (await completion.createCompletionMessage({ product: "boots" }, user)).data.mode;
const workflow = new dify.CompletionClient(workflowKey, base);
found.workflow = (await workflow.runWorkflow({ word: "a", count: 1 }, user)).data.data.outputs;
found.workflowStream = await text((await workflow.runWorkflow({ word: "a", count: 1 }, user, true)).data);
try {
  await completion.runWorkflow({}, user);
} catch (error) {
  found.refused = error.response.data.code;
}
console.log(JSON.stringify({ ...found, conversation: first.conversation_id }));
"""


@pytest.fixture(scope="session")
def npm_client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the npm package in it; skips where the registry cannot be reached."""
    folder = tmp_path_factory.mktemp("npm")
    (folder / "package.json").write_text('{"type": "module", "private": true}')
    command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "dify-client@2"]
    installed = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    if installed.returncode != 0:
        pytest.skip(f"npm cannot install dify-client: {installed.stderr[-300:]}")
    (folder / "talk.mjs").write_text(_SCRIPT)
    return folder


def test_npm_client_talks_to_every_kind_of_app(workbench: Workbench, npm_client: Path) -> None:
    apps = (sample_apps.CHAT, sample_apps.IMAGE_CHAT, sample_apps.COMPLETION, sample_apps.ECHO)
    keys = [workbench.shared_app(each).key for each in apps]
    command = ["node", "talk.mjs", f"{workbench.server.url}/v1", *keys, user()]
    environment = {**os.environ, "PNG": b64encode(workbench.png()).decode()}
    talked = subprocess.run(
        command, cwd=npm_client, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert talked.returncode == 0, talked.stderr
    found = json.loads(talked.stdout)
    chat_stream, workflow_stream = found.pop("chatStream"), found.pop("workflowStream")
    assert chat_stream.count('"event":"message_end"') == 1
    assert "Again" in chat_stream
    assert workflow_stream.count('"event":"workflow_finished"') == 1
    assert found == {
        "answer": "You said: Hello",
        "conversation": found["conversation"],
        "conversations": [found["conversation"]],
        "messages": ["Hello", "Again"],
        "renamed": "Trip",
        "feedback": "success",
        "parameters": "Hello there",
        "deleted": "success",
        "image": "You said: Look",
        "completion": "completion",
        "workflow": {"text": "a x 1"},
        "refused": "not_workflow_app",
    }

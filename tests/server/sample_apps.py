"""The apps that tests share, by what they do."""

from tests.server.app_files import (
    WITHOUT_CREDENTIALS,
    answer,
    assign,
    chat,
    chatflow,
    completion,
    conversation_variable,
    end,
    failing,
    file_input,
    http,
    if_contains,
    llm,
    number_input,
    select_input,
    start,
    template,
    text_input,
    uploads,
    workflow,
)

CHAT = chat(name="Chat", opening_statement="Hello there", suggested_questions=["What now?"])
"""Answers what the scripted model says."""

FORM_CHAT = chat(
    text_input("city", required=True, max_length=8),
    select_input("unit", ["metric", "imperial"]),
    number_input("days"),
    name="Form chat",
    prompt="City {{city}}, unit {{unit}}, days {{days}}.",
    opening_statement="Weather for {{city}}",
)

SUGGESTING_CHAT = chat(name="Suggesting", suggested_questions_after_answer={"enabled": True})

IMAGE_CHAT = chat(
    name="Image chat",
    file_upload={
        "image": {
            "enabled": True,
            "detail": "high",
            "number_limits": 2,
            "transfer_methods": ["local_file", "remote_url"],
        }
    },
)

NO_CREDENTIALS_CHAT = chat(name="No credentials", model=WITHOUT_CREDENTIALS)

COMPLETION = completion(
    text_input("product", required=True, max_length=200), name="Completion", prompt="Describe {{product}}."
)

ECHO = workflow(
    start(text_input("word", max_length=4000), number_input("count"), to="shout"),
    template("shout", "{{ word }} x {{ count }}", word="start.word", count="start.count", to="end"),
    end(text="shout.output"),
    name="Echo",
)
"""start → template → end: no model, no network."""

ROUTER = workflow(
    start(text_input("ticket", required=True, max_length=400), to="route"),
    if_contains("route", "start.ticket", "refund", then="billing", otherwise="general"),
    template("billing", "Billing: {{ ticket }}", ticket="start.ticket", to="end_billing"),
    template("general", "General: {{ ticket }}", ticket="start.ticket", to="end_general"),
    end("end_billing", desk="billing.output"),
    end("end_general", desk="general.output"),
    name="Router",
)

WRITER = workflow(
    start(text_input("topic", max_length=400), to="write"),
    llm("write", "Write about {{#start.topic#}}", to="end"),
    end(text="write.text", topic="start.topic"),
    name="Writer",
)

FAILING_WORKFLOW = workflow(start(to="boom"), failing(to={"source": "end"}), end(text="boom.result"), name="Failing")

HANDLED_WORKFLOW = workflow(
    start(to="boom"),
    failing(
        to={"source": "end"},
        error_strategy="default-value",
        default_value=[{"key": "result", "type": "string", "value": "spare"}],
    ),
    end(text="boom.result", why="boom.error_type"),
    name="Handled",
)

RETRYING_WORKFLOW = workflow(
    start(to="boom"),
    failing(to={"source": "end"}, retry_config={"retry_enabled": True, "max_retries": 2, "retry_interval": 100}),
    end(text="boom.result"),
    name="Retrying",
)

CHATFLOW = chatflow(
    start(text_input("name", max_length=40), to="count"),
    assign("count", "turns", "+=", 1, to="reply"),
    llm(
        "reply",
        "Answer {{#start.name#}}.",
        memory={"window": {"enabled": True, "size": 6}, "query_prompt_template": "{{#sys.query#}}"},
        to="remember",
    ),
    assign("remember", "topics", "append", ["sys", "query"], to="answer"),
    answer("{{#reply.text#}} (turn {{#conversation.turns#}})"),
    name="Chatflow",
    conversation=[
        conversation_variable("turns", "number", 0),
        conversation_variable("topics", "array[string]", []),
        conversation_variable("mood", "string", "calm"),
    ],
)
"""Remembers: earlier turns, a counter and the questions."""

PLAIN_CHATFLOW = chatflow(start(to="answer"), answer("You asked: {{#sys.query#}}"), name="Plain chatflow")
"""No model."""

FAILING_CHATFLOW = chatflow(
    start(to="boom"), failing(to={"source": "answer"}), answer("{{#boom.result#}}"), name="Failing chatflow"
)

FILE_WORKFLOW = workflow(
    start(file_input("report"), file_input("papers", "file-list", max_length=2), to="name"),
    template("name", "{{ report.filename }}", report="start.report", to="end"),
    end(name="name.output", report="start.report"),
    name="File workflow",
)

FILE_CHATFLOW = chatflow(
    start(to="answer"),
    answer("Got {{#sys.files#}}"),
    name="File chatflow",
    features={"file_upload": uploads(limit=2)},
)


def held_workflow(url: str) -> str:
    """start → http to `url` → end: stands still for as long as the gate is closed."""
    return workflow(
        start(text_input("name"), to="wait"),
        http("wait", url, to="end"),
        end(status="wait.status_code", body="wait.body"),
        name="Held",
    )


def held_chatflow(url: str) -> str:
    return chatflow(
        start(to="wait"),
        http("wait", url, to="answer"),
        answer("Just a moment. {{#wait.body#}}"),
        name="Held chatflow",
    )

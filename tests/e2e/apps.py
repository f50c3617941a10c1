"""The app files of these tests, by what a page has to show for them."""

from tests.server.app_files import (
    answer,
    chat,
    chatflow,
    completion,
    end,
    file_input,
    http,
    llm,
    number_input,
    select_input,
    start,
    template,
    text_input,
    uploads,
    workflow,
)

CHAT = chat(name="Weaver")

GUIDE = chat(
    text_input("craft", label="Your craft", default="weaving"),
    name="Guide",
    opening_statement="Welcome to **{{craft}}**.",
    suggested_questions=["What is a loom?", "What is a shuttle?"],
    suggested_questions_after_answer={"enabled": True},
)

FORM = chatflow(
    start(
        text_input("name", label="Name", required=True, max_length=8),
        {**text_input("note", label="Note", max_length=40), "type": "paragraph"},
        number_input("threads", label="Threads"),
        select_input("yarn", ["wool", "linen"], label="Yarn", required=True),
        {"type": "checkbox", "variable": "dyed", "label": "Dyed", "required": False},
        file_input("pattern", label="Pattern", required=True),
        file_input("swatches", "file-list", label="Swatches", max_length=2),
        to="list",
    ),
    template(
        "list",
        "{{ name }}, {{ note or '-' }}, {{ threads }}, {{ yarn }}, {{ dyed }}, {{ pattern.filename }}, "
        "{{ swatches | map(attribute='filename') | join(' and ') }}",
        to="answer",
        **{name: f"start.{name}" for name in ("name", "note", "threads", "yarn", "dyed", "pattern", "swatches")},
    ),
    answer("Order: {{#list.output#}}."),
    name="Order",
)

FILES = chatflow(
    start(to="answer"),
    answer("Got {{#sys.files#}}"),
    name="Files",
    features={"file_upload": uploads(limit=2)},
)

COMPLETION = completion(
    text_input("product", label="Product", required=True, max_length=60),
    name="Describer",
    prompt="Describe {{product}}.",
)

PACKING = workflow(
    start(file_input("report", label="Report", required=True), to="name"),
    template("name", "{{ report.filename }}", report="start.report", to="end"),
    end(name="name.output", file="start.report"),
    name="Packing",
)


def gated_chatflow(url: str) -> str:
    """start → http to `url` → llm → answer: stands still before the model is asked."""
    return chatflow(
        start(to="fetch"),
        http("fetch", url, to="write"),
        llm("write", "{{#sys.query#}}", to="answer"),
        answer("{{#write.text#}}"),
        name="Gated chatflow",
    )


def gated_workflow(url: str) -> str:
    """start → http to `url` → llm → end."""
    return workflow(
        start(text_input("topic", label="Topic", required=True, max_length=80), to="fetch"),
        http("fetch", url, to="write"),
        llm("write", "Write about {{#start.topic#}}", to="end"),
        end(text="write.text", status="fetch.status_code"),
        name="Gated workflow",
    )

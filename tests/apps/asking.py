"""App files that ask a person."""

from typing import Any

from tests.server.app_files import JsonMap, Node, answer, chatflow, end, start, template, text_input, workflow

BY_PAGE: JsonMap = {"id": "w", "type": "webapp", "enabled": True, "config": {}}


def by_mail(*addresses: str, whole_workspace: bool = False, subject: str = "Please look", body: str = "") -> JsonMap:
    items = [{"type": "external", "email": address} for address in addresses]
    config = {
        "recipients": {"whole_workspace": whole_workspace, "items": items},
        "subject": subject,
        "body": body,
        "debug_mode": False,
    }
    return {"id": "m", "type": "email", "enabled": True, "config": config}


def human(
    node_id: str = "ask",
    *,
    to: dict[str, str],
    content: str = "Approve {{#start.what#}}? {{#$output.note#}}",
    inputs: list[JsonMap] | None = None,
    delivery: list[JsonMap] | None = None,
    **settings: Any,
) -> Node:
    """A node that asks for a note and has the buttons `ok` and `no`."""
    data = {
        "type": "human-input",
        "title": "Approval",
        "delivery_methods": delivery or [BY_PAGE],
        "form_content": content,
        "inputs": [{"type": "paragraph", "output_variable_name": "note"}] if inputs is None else inputs,
        "user_actions": [
            {"id": "ok", "title": "Approve", "button_style": "primary"},
            {"id": "no", "title": "Refuse", "button_style": "ghost"},
        ],
        "timeout": 1,
        "timeout_unit": "hour",
        **settings,
    }
    return Node(node_id, data, to)


def approval(**settings: Any) -> str:
    """A workflow that asks; its output says how it went on."""
    return workflow(
        start(text_input("what"), to="ask"),
        human(to={"ok": "good", "no": "bad", "__timeout": "late"}, **settings),
        template("good", "approved: {{ note }}", note="ask.note", to="end"),
        template("bad", "refused", to="end"),
        template("late", "nobody answered", to="end"),
        end(
            good="good.output", bad="bad.output", late="late.output", action="ask.__action_value",
            text="ask.__rendered_content",
        ),
        name="Approval",
    )  # fmt: skip


def asking_chat(**settings: Any) -> str:
    """A chatflow that asks before it answers."""
    return chatflow(
        start(to="ask"),
        human(content="About {{#sys.query#}}", to={"ok": "answer", "no": "other"}, **settings),
        answer("Noted: {{#ask.note#}}"),
        answer("Refused", "other"),
        name="Asking chat",
    )

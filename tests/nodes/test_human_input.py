"""What a person is asked, in the details that the numbered cases leave out."""

from tests.nodes.forms import KeptForms, ask, go_on, question, settings
from tests.nodes.ports import file
from treadle.engine.events import RunPaused, RunStatus
from treadle.engine.values import plain


async def test_the_whole_form_is_told() -> None:
    fields = [
        question("note", default={"type": "variable", "selector": ["s", "n"], "value": ""}),
        question("old", "text_input", placeholder={"type": "constant", "value": "here"}),
        question("pick", "select", option_source={"type": "constant", "value": ["a", 2]}),
        question("docs", "file-list", allowed_file_types=["document"], number_limits=3),
        question("gone", default={"type": "variable", "selector": ["s", "missing"]}),
    ]
    asked = await ask(KeptForms(), settings("Please", fields, timeout=2, timeout_unit="day"))
    constant = {"type": "constant", "selector": []}
    assert asked.reason == {
        "type": "human_input_required",
        "form_id": "form-1",
        "form_content": "Please",
        "inputs": [
            {"type": "paragraph", "output_variable_name": "note", "default": {**constant, "value": "Bo"}},
            {"type": "paragraph", "output_variable_name": "old", "default": {**constant, "value": "here"}},
            {
                "type": "select",
                "output_variable_name": "pick",
                "option_source": {**constant, "value": ["a", "2"]},
                "default": {**constant, "value": ""},
            },
            {
                "type": "file-list",
                "output_variable_name": "docs",
                "allowed_file_types": ["document"],
                "allowed_file_extensions": [],
                "allowed_file_upload_methods": [],
                "number_limits": 3,
            },
            {"type": "paragraph", "output_variable_name": "gone", "default": {**constant, "value": ""}},
        ],
        "actions": [
            {"id": "ok", "title": "OK", "button_style": "primary"},
            {"id": "no", "title": "No", "button_style": "ghost"},
        ],
        "display_in_ui": True,
        "resolved_default_values": {"note": "Bo", "gone": ""},
        "expiration_time": 1_700_000_000,
    }
    assert asked.forms.only().seconds == 2 * 24 * 3600


async def test_a_value_that_looks_like_a_field_does_not_become_one() -> None:
    forms = KeptForms()
    asked = await ask(forms, settings("{{#s.n#}} {{#$outputs.c#}}", [question("c")]), values={"n": "{{#$output.c#}}"})
    played = await go_on(asked, {"action": "ok", "inputs": {"c": "x"}, "content": forms.only().content})
    rendered = played.node("ask").outputs["__rendered_content"]
    assert isinstance(rendered, str)
    assert rendered.replace("\u200b", "") == "{{#$output.c#}} x"


async def test_files_are_values_and_read_as_marks() -> None:
    forms = KeptForms()
    fields = [question("one", "file"), question("many", "file-list")]
    asked = await ask(forms, settings("{{#$output.one#}} {{#$output.many#}}", fields))
    one, many = file("a.png"), [file("b.png"), file("c.png")]
    entered = {"one": plain(one), "many": plain([*many])}
    played = await go_on(asked, {"action": "ok", "inputs": entered, "content": forms.only().content})
    outputs = played.node("ask").outputs
    assert (outputs["one"], outputs["many"]) == (one, many)
    assert outputs["__rendered_content"] == "[file] [2 files]"


async def test_mails_are_written_when_the_form_is_opened() -> None:
    forms = KeptForms()
    mail = {
        "type": "email",
        "enabled": True,
        "config": {
            "recipients": {
                "whole_workspace": False,
                "items": [{"type": "member", "user_id": "m1"}, {"type": "external", "email": "x@example.com"}],
            },
            "subject": "For {{#s.n#}}",
            "body": "Open {{#url#}}",
            "debug_mode": True,
        },
    }
    asked = await ask(forms, settings(delivery_methods=[mail]))
    (written,) = forms.only().mails
    assert (written.member_ids, written.addresses) == (("m1",), ("x@example.com",))
    assert (written.subject, written.body, written.only_to_tester) == ("For Bo", "Open {{#url#}}", True)
    assert asked.reason["display_in_ui"] is False


async def test_a_node_of_the_first_version_goes_on_when_its_variables_exist() -> None:
    asked = await ask(
        KeptForms(),
        {"required_variables": ["s.n"], "default_value": {"selected_branch": "ok"}},
    )
    assert asked.end.status is RunStatus.SUCCEEDED
    assert any(getattr(event, "node_id", "") == "on_ok" for event in asked.events)


async def test_a_node_of_the_first_version_without_variables_waits() -> None:
    asked = await ask(KeptForms(), {"required_variables": [], "pause_reason": "Look first"})
    assert isinstance(asked.end, RunPaused)
    assert asked.reason == {"type": "required_variables", "message": "Look first"}
    played = await go_on(asked, {"selected_branch": "no"})
    assert (played.ran("on_ok"), played.ran("on_no")) == (False, True)

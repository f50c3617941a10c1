"""A document from its upload to values, through a whole server: extracted, classified, read by a model."""

import json

from tests.doubles import office
from tests.server.app_files import STUB, Node, end, file_input, leads, start, workflow
from tests.server.harness import Workbench

CLASSES = [{"id": "bill", "name": "Invoices"}, {"id": "letter", "name": "Letters"}]
PARAMETERS = [
    {"name": "payee", "type": "string", "description": "Who is paid", "required": True},
    {"name": "amounts", "type": "array[number]", "description": "All amounts", "required": True},
]
APP = workflow(
    start(file_input("paper", "file-list", max_length=3), to="read"),
    Node(
        "read",
        {"type": "document-extractor", "title": "Read", "variable_selector": ["start", "paper"], "is_array_file": True},
        leads("first"),
    ),
    Node(
        "first",
        {
            "type": "list-operator",
            "title": "First",
            "variable": ["read", "text"],
            "filter_by": {"enabled": True, "conditions": [{"comparison_operator": "not empty", "value": ""}]},
            "order_by": {"enabled": False},
            "limit": {"enabled": True, "size": 1},
        },
        leads("sort"),
    ),
    Node(
        "sort",
        {
            "type": "question-classifier",
            "title": "Sort",
            "query_variable_selector": ["first", "first_record"],
            "model": STUB,
            "classes": CLASSES,
        },
        {"bill": "find", "letter": "kept"},
    ),
    Node(
        "find",
        {
            "type": "parameter-extractor",
            "title": "Find",
            "query": ["first", "first_record"],
            "model": STUB,
            "parameters": PARAMETERS,
            "reasoning_mode": "prompt",
        },
        leads("end"),
    ),
    end("end", payee="find.payee", amounts="find.amounts", ok="find.__is_success", sort="sort.class_name"),
    end("kept", sort="sort.class_name"),
)


def test_a_document_becomes_values(workbench: Workbench) -> None:
    api = workbench.of(APP)
    papers = []
    for name, data in (
        ("blank.txt", b""),
        ("bill.docx", office.docx(["Invoice", "Pay Ada"], table=[["Item", "Price"], ["Boat", "40"]])),
    ):
        uploaded = api.upload(name, data, "application/octet-stream").json()
        papers.append({"type": "document", "transfer_method": "local_file", "upload_file_id": uploaded["id"]})
    workbench.model.reply_sequence(
        [
            '{"keywords": ["Invoice"], "category_id": "bill", "category_name": "Invoices"}',
            f"```json\n{json.dumps({'payee': 'Ada', 'amounts': [40]})}\n```",
        ]
    )
    seen = len(workbench.model.requests)
    events = api.run_events({"paper": papers})
    finished = events[-1]["data"]
    assert (finished["status"], finished["error"]) == ("succeeded", None)
    assert finished["outputs"] == {"payee": "Ada", "amounts": [40], "ok": 1, "sort": "Invoices"}
    text = "Invoice\nPay Ada\n| Item | Price |\n| --- | --- |\n| Boat | 40 |\n"
    outputs = {e["data"]["node_id"]: e["data"]["outputs"] for e in events if e["event"] == "node_finished"}
    assert outputs["read"] == {"text": ["", text]}
    assert outputs["first"] == {"result": [text], "first_record": text, "last_record": text}
    assert outputs["sort"]["usage"]["total_tokens"] > 0
    assert finished["total_tokens"] == sum(
        outputs[each]["usage" if each == "sort" else "__usage"]["total_tokens"] for each in ("sort", "find")
    )
    asked = workbench.model.requests[seen:]
    assert len(asked) == 2
    assert all(text.split("\n")[1] in json.dumps(each.json) for each in asked)


def test_a_document_that_cannot_be_read_fails_the_run_in_one_sentence(workbench: Workbench) -> None:
    api = workbench.of(APP)
    uploaded = api.upload("old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "application/msword").json()
    sent = {"type": "document", "transfer_method": "local_file", "upload_file_id": uploaded["id"]}
    data = api.run({"paper": [sent]}).json()["data"]
    assert data["status"] == "failed"
    assert data["error"] == "old.doc: Files of the old Word format .doc cannot be read; save it as .docx."

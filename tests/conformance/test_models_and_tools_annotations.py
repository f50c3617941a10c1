"""Models and tools, case by case (spec models-and-tools §9): annotation replies."""

from uuid import uuid4

from tests.annotations.notebook import Notebook
from tests.server.app_files import chat
from tests.server.harness import Workbench

QUESTION = "when is the small shop by the harbour open on weekdays in the summer"
ANSWER = "From nine to five."


def test_case_35_a_close_question_is_answered_by_its_annotation_and_counted(workbench: Workbench) -> None:
    book = Notebook(workbench, chat(name="Close"))
    annotation = book.add(QUESTION, ANSWER)
    book.on(0.9)
    asked = len(workbench.model.requests_to("/chat/completions"))
    close = f"{QUESTION} today"
    answered = book.api.chat(close).json()
    assert answered["answer"] == ANSWER
    assert answered["metadata"]["annotation_reply"]["id"] == annotation
    assert len(workbench.model.requests_to("/chat/completions")) == asked
    assert book.rows()[0]["hit_count"] == 1
    (hit,) = book.hits(annotation)
    assert (hit["question"], hit["match"], hit["response"]) == (close, QUESTION, ANSWER)
    assert 0.9 <= hit["score"] < 1


def test_case_35_a_threshold_of_zero_counts_as_one(workbench: Workbench) -> None:
    book = Notebook(workbench, chat(name="Zero"))
    book.add(QUESTION, ANSWER)
    book.on(0)
    assert book.api.chat(f"{QUESTION} {uuid4().hex}").json()["answer"] != ANSWER
    assert book.api.chat(QUESTION).json()["answer"] == ANSWER

"""What happens between a request and its run (spec models-and-tools §2.3, §6)."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from treadle.apps.features.annotations import AnnotationHit, NoAnnotations, Question
from treadle.apps.features.gate import STOPPED_BY_ANNOTATION, STOPPED_BY_MODERATION, Admitted, Asked, Gate, Reply
from treadle.apps.features.moderation import ModerationError
from treadle.apps.features.plan import DataTool, Extras, ModerationPlan
from treadle.engine.ports import HttpRequest, HttpResponse
from treadle.extensions.code import CodeExtensions
from treadle.extensions.service import ExtensionService
from treadle.models.service import ModelService
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database

CODE = {
    "moderation/shouting/shouting.py": """
from treadle.extensions.base import Moderation, ModerationInputsResult, ModerationOutputsResult


class Shouting(Moderation):
    name = "shouting"

    def moderation_for_inputs(self, inputs, query=""):
        return ModerationInputsResult(flagged=query.isupper(), action="overridden", query=query.lower())

    async def moderation_for_outputs(self, text):
        return ModerationOutputsResult(flagged=text.isupper(), preset_response=self.config["calm"])
""",
    "external_data_tool/length/length.py": """
from core.external_data_tool.base import ExternalDataTool


class Length(ExternalDataTool):
    name = "length"

    def query(self, inputs, query=None):
        return f"{self.variable}: {len(query)}"
""",
}


@dataclass
class Remembered:
    """Annotations of one app."""

    hit: AnnotationHit | None
    questions: list[Question] = field(default_factory=list)

    async def replies_for(self, app_id: str) -> bool:
        return app_id == "app"

    async def match(self, question: Question) -> AnnotationHit | None:
        self.questions.append(question)
        return self.hit

    async def setting(self, app_id: str) -> Mapping[str, object]:
        return {"enabled": True}


class Unreachable:
    async def send(self, request: HttpRequest) -> HttpResponse:
        raise AssertionError(f"{request.url} is not to be called")


@pytest.fixture
async def parts(db: Database, tmp_path: Path) -> AsyncIterator[tuple[ExtensionService, ModelService, CodeExtensions]]:
    for name, text in CODE.items():
        file = tmp_path / "extensions" / name
        file.parent.mkdir(parents=True)
        file.write_text(text)
        (file.parent / "schema.json").write_text('{"label": {"en_US": "Mine"}}')
    crypto = Crypto.open(tmp_path / "key")
    models = ModelService(db, crypto)
    yield ExtensionService(db, crypto, Unreachable()), models, CodeExtensions.load(tmp_path / "extensions")
    await models.close()


Parts = tuple[ExtensionService, ModelService, CodeExtensions]


def gate_of(parts: Parts, annotations: Remembered | NoAnnotations | None = None) -> Gate:
    extensions, models, code = parts
    return Gate(extensions=extensions, code=code, models=models, annotations=annotations or NoAnnotations())


def asking(query: str, **inputs: str) -> Asked:
    return Asked(
        workspace_id="w",
        app_id="app",
        inputs=inputs,
        query=query,
        user_id="ada",
        created_from="service-api",
        message_id="m",
    )


def keywords(*words: str) -> ModerationPlan:
    return ModerationPlan("keywords", {}, True, False, "No.", "", keywords=words)


async def test_an_app_without_features_passes_at_once(parts: Parts) -> None:
    assert not await gate_of(parts).concerns(Extras(annotated=True), "app")
    assert await gate_of(parts, Remembered(None)).concerns(Extras(annotated=True), "app")
    assert not await gate_of(parts, Remembered(None)).concerns(Extras(), "app")
    assert await gate_of(parts).concerns(Extras(moderation=keywords("x")), "app")


async def test_an_annotated_question_gets_the_answer_that_somebody_wrote(parts: Parts) -> None:
    hit = AnnotationHit(id="a1", content="At noon.", account_id="acc", account_name="Ola")
    annotations = Remembered(hit)
    reply = await gate_of(parts, annotations).admit(Extras(annotated=True), asking("When?"))
    assert reply == Reply("At noon.", STOPPED_BY_ANNOTATION, hit)
    [question] = annotations.questions
    assert (question.query, question.user_id, question.message_id) == ("When?", "ada", "m")


async def test_completion_apps_and_empty_questions_are_not_looked_up(parts: Parts) -> None:
    annotations = Remembered(AnnotationHit(id="a1", content="At noon."))
    assert await gate_of(parts, annotations).admit(Extras(), asking("When?")) == Admitted("When?")
    assert await gate_of(parts, annotations).admit(Extras(annotated=True), asking("")) == Admitted("")
    assert annotations.questions == []


async def test_moderation_comes_before_annotations(parts: Parts) -> None:
    annotations = Remembered(AnnotationHit(id="a1", content="At noon."))
    extras = Extras(moderation=keywords("when"), annotated=True)
    assert await gate_of(parts, annotations).admit(extras, asking("When?")) == Reply("No.", STOPPED_BY_MODERATION)
    assert annotations.questions == []


async def test_keywords_are_looked_for_in_every_input(parts: Parts) -> None:
    extras = Extras(moderation=keywords("foo"))
    reply = await gate_of(parts).admit(extras, asking("fine", name="Mr Foote"))
    assert reply == Reply("No.", STOPPED_BY_MODERATION)


async def test_code_of_the_operator_moderates_and_fetches(parts: Parts) -> None:
    plan = ModerationPlan("shouting", {"calm": "Calm down."}, True, True, "", "")
    extras = Extras(moderation=plan, data_tools=(DataTool("size", "length", {}),))
    admitted = await gate_of(parts).admit(extras, asking("HELLO", name="Ada"))
    assert admitted == Admitted("hello", {"name": "Ada", "size": "size: 5"}, rewritten=True)
    verdict = await gate_of(parts).moderator(plan, "w", "app").output("LOUD")
    assert (verdict.flagged, verdict.preset_response) == (True, "Calm down.")


async def test_a_moderation_that_is_not_here_refuses_the_question(parts: Parts) -> None:
    plan = ModerationPlan("elsewhere", {}, True, False, "", "")
    with pytest.raises(ModerationError, match='no moderation "elsewhere"'):
        await gate_of(parts).admit(Extras(moderation=plan), asking("hi"))

"""The console API: question sets of knowledge bases, and evaluations on them."""

from fastapi import Request
from fastapi.responses import Response

from treadle.knowledge.evaluation.shapes import (
    EvaluationShown,
    NewEvaluation,
    NewQuestion,
    NewQuestionSet,
    QuestionSetShown,
    QuestionShown,
)
from treadle.knowledge.shapes import Page
from treadle.server.console_api.access import MemberDep, ServicesDep, console_router
from treadle.server.console_api.knowledge_access import FILE_FORM, LIMIT, PAGE, asker_of, sent_file
from treadle.server.file_responses import attachment

router = console_router("Knowledge evaluation")

_LARGEST = 20 * 1024 * 1024


@router.get("/datasets/{dataset_id}/question-sets")
async def list_question_sets(dataset_id: str, services: ServicesDep, signed_in: MemberDep) -> list[QuestionSetShown]:
    """The question sets of a knowledge base, the newest first."""
    return await services.knowledge.evaluations.sets(asker_of(signed_in), dataset_id)


@router.post("/datasets/{dataset_id}/question-sets", status_code=201)
async def create_question_set(
    dataset_id: str, body: NewQuestionSet, services: ServicesDep, signed_in: MemberDep
) -> QuestionSetShown:
    """A set of the given questions; with `generate`, a model begins to write so many about chunks of the base."""
    return await services.knowledge.evaluations.create_set(asker_of(signed_in), dataset_id, body)


@router.post("/datasets/{dataset_id}/question-sets/import", status_code=201, openapi_extra=FILE_FORM)
async def import_question_set(
    dataset_id: str, request: Request, services: ServicesDep, signed_in: MemberDep
) -> QuestionSetShown:
    """A set of the questions of a file: CSV with the columns question, document, passage, or JSON Lines."""
    asker, evaluations = asker_of(signed_in), services.knowledge.evaluations
    await evaluations.sets(asker, dataset_id)  # Nobody sends a file to a base that is not theirs.
    file = await sent_file(request, _LARGEST)
    return await evaluations.import_set(asker, dataset_id, await file.read(), file.filename or "questions.csv")


@router.get("/datasets/{dataset_id}/question-sets/{set_id}/questions")
async def list_questions(
    dataset_id: str, set_id: str, services: ServicesDep, signed_in: MemberDep, page: int = PAGE, limit: int = LIMIT
) -> Page[QuestionShown]:
    """The questions of a set, in their order."""
    return await services.knowledge.evaluations.questions(
        asker_of(signed_in), dataset_id, set_id, page=page, limit=limit
    )


@router.get("/datasets/{dataset_id}/question-sets/{set_id}/export")
async def export_question_set(dataset_id: str, set_id: str, services: ServicesDep, signed_in: MemberDep) -> Response:
    """The questions of a set as a CSV file that can be imported again."""
    name, text = await services.knowledge.evaluations.export_set(asker_of(signed_in), dataset_id, set_id)
    return Response(text, media_type="text/csv", headers=attachment(f"{name}.csv"))


@router.post("/datasets/{dataset_id}/question-sets/{set_id}/questions", status_code=204)
async def add_question(
    dataset_id: str, set_id: str, body: NewQuestion, services: ServicesDep, signed_in: MemberDep
) -> None:
    """One more question in a set."""
    await services.knowledge.evaluations.add(asker_of(signed_in), dataset_id, set_id, body)


@router.delete("/datasets/{dataset_id}/question-sets/{set_id}/questions/{question_id}", status_code=204)
async def delete_question(
    dataset_id: str, set_id: str, question_id: str, services: ServicesDep, signed_in: MemberDep
) -> None:
    """Take a question out of its set."""
    await services.knowledge.evaluations.remove(asker_of(signed_in), dataset_id, set_id, question_id)


@router.delete("/datasets/{dataset_id}/question-sets/{set_id}", status_code=204)
async def delete_question_set(dataset_id: str, set_id: str, services: ServicesDep, signed_in: MemberDep) -> None:
    """Delete a set with the evaluations on it."""
    await services.knowledge.evaluations.delete_set(asker_of(signed_in), dataset_id, set_id)


@router.get("/datasets/{dataset_id}/evaluations")
async def list_evaluations(dataset_id: str, services: ServicesDep, signed_in: MemberDep) -> list[EvaluationShown]:
    """The evaluations of a knowledge base, the newest first, without the places of each question."""
    return await services.knowledge.evaluations.evaluations(asker_of(signed_in), dataset_id)


@router.post("/datasets/{dataset_id}/evaluations", status_code=201)
async def start_evaluation(
    dataset_id: str, body: NewEvaluation, services: ServicesDep, signed_in: MemberDep
) -> EvaluationShown:
    """Begin to try several ways of searching with the questions of a set."""
    return await services.knowledge.evaluations.start(asker_of(signed_in), dataset_id, body)


@router.get("/datasets/{dataset_id}/evaluations/{evaluation_id}")
async def read_evaluation(
    dataset_id: str, evaluation_id: str, services: ServicesDep, signed_in: MemberDep
) -> EvaluationShown:
    """How far an evaluation is, with the figures of what is done."""
    return await services.knowledge.evaluations.evaluation(asker_of(signed_in), dataset_id, evaluation_id)


@router.post("/datasets/{dataset_id}/evaluations/{evaluation_id}/stop")
async def stop_evaluation(
    dataset_id: str, evaluation_id: str, services: ServicesDep, signed_in: MemberDep
) -> EvaluationShown:
    """End an evaluation that goes on; what is done stays."""
    return await services.knowledge.evaluations.stop(asker_of(signed_in), dataset_id, evaluation_id)


@router.delete("/datasets/{dataset_id}/evaluations/{evaluation_id}", status_code=204)
async def delete_evaluation(dataset_id: str, evaluation_id: str, services: ServicesDep, signed_in: MemberDep) -> None:
    """Delete an evaluation."""
    await services.knowledge.evaluations.delete(asker_of(signed_in), dataset_id, evaluation_id)

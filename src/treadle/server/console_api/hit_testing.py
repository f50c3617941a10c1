"""The console API: trying knowledge bases (spec knowledge §15)."""

from treadle.knowledge.testing import ExternalResult, TestOrder, TestResult
from treadle.server.console_api.access import MemberDep, ServicesDep, console_router
from treadle.server.console_api.knowledge_access import asker_of

router = console_router("Hit testing")


@router.post("/datasets/{dataset_id}/hit-testing")
async def try_dataset(dataset_id: str, body: TestOrder, services: ServicesDep, signed_in: MemberDep) -> TestResult:
    """What a knowledge base finds for a question; settings that are given hold for this once."""
    return await services.knowledge.testing.try_out(asker_of(signed_in), dataset_id, body)


@router.post("/datasets/{dataset_id}/external-hit-testing")
async def try_external(dataset_id: str, body: TestOrder, services: ServicesDep, signed_in: MemberDep) -> ExternalResult:
    """What a knowledge base that is elsewhere finds for a question."""
    return await services.knowledge.testing.try_external(asker_of(signed_in), dataset_id, body)

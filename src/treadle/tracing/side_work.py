"""Work beside a run as a trace: below the message that it belongs to, a title on its own.

Source: spec models-and-tools §8.2.
"""

from uuid import NAMESPACE_URL, uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from treadle.apps.side_work import SideWork

from .reading import bounded, user_of
from .trace import Around, ModelUse, Span, Trace

_NAMES = {"generate_name": "generate_conversation_name"}


async def read_side_work(session: AsyncSession, work: SideWork) -> Trace:
    """The trace of a piece of work."""
    below = work.message_id if work.kind != "generate_name" else None
    # A title is nobody's own: the workspace has it made.
    user = await user_of(session, work.workspace_id, work.user_id) if work.user_id else work.workspace_id
    return Trace(
        spans=(bounded(_span(work, below)),),
        user_id=user,
        session_id=work.conversation_id,
        around=Around(below, work.message_at) if below else None,
    )


def _span(work: SideWork, parent_id: str | None) -> Span:
    model = work.model
    metadata = {
        "app_id": work.app_id,
        "tenant_id": work.workspace_id,
        "conversation_id": work.conversation_id,
        "message_id": work.message_id,
        "status": "failed" if work.error else "succeeded",
        "ls_provider": model.provider if model else None,
        "ls_model_name": model.name if model else None,
    }
    of = work.message_id or work.conversation_id or work.app_id
    return Span(
        id=str(uuid5(NAMESPACE_URL, f"{of}/{work.kind}/{work.start}")),
        parent_id=parent_id,
        kind=work.kind,
        name=_NAMES.get(work.kind, work.kind),
        start=work.start,
        end=work.end,
        inputs=work.inputs,
        outputs=work.outputs,
        metadata=metadata | work.details,
        tags=(work.kind,),
        error=work.error,
        model=ModelUse(
            provider=model.provider,
            name=model.name,
            input_tokens=model.input_tokens,
            output_tokens=model.output_tokens,
            total_tokens=model.input_tokens + model.output_tokens,
        )
        if model
        else None,
    )

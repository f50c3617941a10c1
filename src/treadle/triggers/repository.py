"""Triggers in the database."""

from collections.abc import Sequence

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from .tables import Trigger, TriggerListener


class TriggerRepository:
    """The SQL of triggers, within the session of a caller."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def add(self, row: Trigger | TriggerListener) -> None:
        self._session.add(row)

    async def of_app(self, app_id: str) -> dict[str, Trigger]:
        """The triggers of an app, by node."""
        query = select(Trigger).where(Trigger.app_id == app_id).order_by(Trigger.created_at, Trigger.id)
        return {row.node_id: row for row in (await self._session.execute(query)).scalars()}

    async def of_workspace(self, workspace_id: str) -> Sequence[Trigger]:
        """All triggers of a workspace, oldest first."""
        query = select(Trigger).where(Trigger.workspace_id == workspace_id).order_by(Trigger.created_at, Trigger.id)
        return (await self._session.execute(query)).scalars().all()

    async def one(self, workspace_id: str, trigger_id: str) -> Trigger | None:
        query = select(Trigger).where(Trigger.workspace_id == workspace_id, Trigger.id == trigger_id)
        return (await self._session.execute(query)).scalar_one_or_none()

    async def by_webhook(self, webhook_id: str) -> Trigger | None:
        """The trigger behind an address, for whoever knows it."""
        query = select(Trigger).where(Trigger.webhook_id == webhook_id)
        return (await self._session.execute(query)).scalar_one_or_none()

    async def due(self, now: int, limit: int) -> Sequence[Trigger]:
        """Schedules whose time has come, longest waiting first."""
        query = select(Trigger).where(Trigger.next_at <= now).order_by(Trigger.next_at).limit(limit)
        return (await self._session.execute(query)).scalars().all()

    async def next_due(self) -> int | None:
        """When the next schedule fires."""
        return (await self._session.execute(select(func.min(Trigger.next_at)))).scalar_one()

    async def claim(self, row: Trigger, *, next_at: int | None, now: int) -> bool:
        """Move a due schedule on to its next time; True for the one process that did."""
        claimed = await self._session.execute(
            update(Trigger)
            .where(Trigger.id == row.id, Trigger.next_at == row.next_at)
            .values(next_at=next_at, last_at=now)
            .returning(Trigger.id)
        )
        return claimed.scalar_one_or_none() is not None

    async def listener(self, workspace_id: str, listener_id: str) -> TriggerListener | None:
        query = select(TriggerListener).where(
            TriggerListener.workspace_id == workspace_id, TriggerListener.id == listener_id
        )
        return (await self._session.execute(query)).scalar_one_or_none()

    async def tell_listeners(self, trigger_id: str, inputs: str, now: int) -> int:
        """Give a request to every editor that waits for one; how many did."""
        told = await self._session.execute(
            update(TriggerListener)
            .where(
                TriggerListener.trigger_id == trigger_id,
                TriggerListener.inputs.is_(None),
                TriggerListener.until_at > now,
            )
            .values(inputs=inputs)
            .returning(TriggerListener.id)
        )
        return len(told.all())

    async def listened_for(self, trigger_id: str, now: int) -> bool:
        """Whether an editor waits for a request."""
        query = select(TriggerListener.id).where(
            TriggerListener.trigger_id == trigger_id,
            TriggerListener.inputs.is_(None),
            TriggerListener.until_at > now,
        )
        return (await self._session.execute(query.limit(1))).scalar_one_or_none() is not None

    async def forget_listeners(self, before: int) -> None:
        """Delete what nobody asks for any more."""
        await self._session.execute(delete(TriggerListener).where(TriggerListener.until_at < before))

"""Forms and their links in the database."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from treadle.accounts.tables import Account, EndUser, EndUserType, Member
from treadle.apps.tables import App, Form, FormLink, FormStatus, Run
from treadle.platform.db import Database


@dataclass(frozen=True, slots=True)
class LinkedForm:
    """A form as somebody reaches it: by the link of a recipient, and how its run stands (None: not on record yet)."""

    form: Form
    recipient: str
    run_status: str | None


@dataclass(frozen=True, slots=True)
class UnsentMail:
    """A link whose mail is to be sent."""

    link: FormLink
    form: Form


class FormRepository:
    """The SQL of forms, within the session of a caller."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, db: Database, form: Form, links: Sequence[FormLink]) -> Form:
        """Keep a form with its links, or give the one that the same execution opened before."""
        columns = {column.key: getattr(form, column.key) for column in Form.__mapper__.columns}
        inserted = await self._session.execute(
            db.insert(Form).values(columns).on_conflict_do_nothing().returning(Form.id)
        )
        if inserted.scalar_one_or_none() is not None:
            self._session.add_all(links)
            return form
        query = select(Form).where(Form.run_id == form.run_id, Form.node_id == form.node_id, Form.path == form.path)
        return (await self._session.execute(query)).scalar_one()

    async def by_token(self, token_hash: str) -> LinkedForm | None:
        """The form of a link, for whoever knows it."""
        query = (
            select(Form, FormLink.recipient, Run.status)
            .join(FormLink, FormLink.form_id == Form.id)
            .outerjoin(Run, Run.id == Form.run_id)
            .where(FormLink.token_hash == token_hash)
        )
        found = (await self._session.execute(query)).one_or_none()
        return LinkedForm(*found) if found else None

    async def one(self, workspace_id: str, form_id: str) -> LinkedForm | None:
        """A form of a workspace."""
        query = (
            select(Form, Run.status)
            .outerjoin(Run, Run.id == Form.run_id)
            .where(Form.workspace_id == workspace_id, Form.id == form_id)
        )
        found = (await self._session.execute(query)).one_or_none()
        return LinkedForm(found[0], "", found[1]) if found else None

    async def open_of_workspace(self, workspace_id: str, app_id: str | None) -> Sequence[tuple[Form, str]]:
        """Open forms of runs that wait, newest first, with the names of their apps."""
        query = (
            select(Form, App.name)
            .join(App, App.id == Form.app_id)
            .outerjoin(Run, Run.id == Form.run_id)
            .where(
                Form.workspace_id == workspace_id,
                Form.status == FormStatus.OPEN,
                func.coalesce(Run.status, "running").in_(("running", "paused")),
            )
            .order_by(Form.created_at.desc(), Form.id.desc())
            .limit(200)
        )
        if app_id is not None:
            query = query.where(Form.app_id == app_id)
        return [(row[0], row[1]) for row in (await self._session.execute(query)).all()]

    async def close(
        self, form_id: str, *, status: FormStatus, answer: str, action: str | None, by: str | None, now: int
    ) -> bool:
        """Answer an open form, or let it expire; True for the one caller that did."""
        change = update(Form).where(Form.id == form_id, Form.status == FormStatus.OPEN)
        if status is FormStatus.FILLED:
            change = change.where(Form.expires_at > now)
        closed = await self._session.execute(
            change.values(status=status, answer=answer, action=action, answered_by=by, answered_at=now).returning(
                Form.id
            )
        )
        return closed.scalar_one_or_none() is not None

    async def due(self, now: int, limit: int) -> Sequence[Form]:
        """Open forms whose time is over."""
        query = select(Form).where(Form.status == FormStatus.OPEN, Form.expires_at <= now)
        return (await self._session.execute(query.order_by(Form.expires_at).limit(limit))).scalars().all()

    async def unresumed(self, before: int, limit: int) -> Sequence[Form]:
        """Forms answered before a time whose runs do not have the answer."""
        query = select(Form).where(Form.status != FormStatus.OPEN, Form.resumed.is_(False), Form.answered_at <= before)
        return (await self._session.execute(query.order_by(Form.answered_at).limit(limit))).scalars().all()

    async def resumed(self, form_id: str) -> None:
        await self._session.execute(update(Form).where(Form.id == form_id).values(resumed=True))

    async def run_status(self, run_id: str) -> str | None:
        return (await self._session.execute(select(Run.status).where(Run.id == run_id))).scalar_one_or_none()

    async def next_due(self) -> int | None:
        """When the next form expires or the next mail is to be tried."""
        expiry = select(func.min(Form.expires_at)).where(Form.status == FormStatus.OPEN)
        mail = select(func.min(FormLink.try_at)).where(FormLink.mail.is_not(None))
        found: list[int | None] = [(await self._session.execute(query)).scalar_one() for query in (expiry, mail)]
        return min((at for at in found if at is not None), default=None)

    async def unsent(self, now: int, limit: int) -> Sequence[UnsentMail]:
        """Links whose mails are to be tried now."""
        query = (
            select(FormLink, Form)
            .join(Form, Form.id == FormLink.form_id)
            .where(FormLink.mail.is_not(None), FormLink.try_at <= now)
            .order_by(FormLink.try_at)
            .limit(limit)
        )
        return [UnsentMail(*row) for row in (await self._session.execute(query)).all()]

    async def claim_mail(self, link: FormLink, *, again_at: int) -> bool:
        """Take a mail to send, so that no other process does until `again_at`."""
        claimed = await self._session.execute(
            update(FormLink)
            .where(FormLink.token_hash == link.token_hash, FormLink.try_at == link.try_at)
            .values(try_at=again_at, attempts=FormLink.attempts + 1)
            .returning(FormLink.token_hash)
        )
        return claimed.scalar_one_or_none() is not None

    async def mail_done(self, link: FormLink) -> None:
        """The mail was sent, or is given up."""
        await self._session.execute(update(FormLink).where(FormLink.token_hash == link.token_hash).values(mail=None))

    async def addresses(self, workspace_id: str, account_ids: Sequence[str] | None) -> list[str]:
        """The mail addresses of these people of a workspace; of all without a list."""
        query = (
            select(Account.email)
            .join(Member, Member.account_id == Account.id)
            .where(Member.workspace_id == workspace_id)
            .order_by(Account.email)
        )
        if account_ids is not None:
            query = query.where(Account.id.in_(account_ids))
        return list((await self._session.execute(query)).scalars())

    async def is_trigger(self, user_id: str) -> bool:
        """Whether an end user is a trigger, whom no form can be shown to."""
        query = select(EndUser.type).where(EndUser.id == user_id)
        return (await self._session.execute(query)).scalar_one_or_none() == EndUserType.TRIGGER

"""Forms that runs wait for: opened by a node, answered by a person or by time, and then the run goes on.

A form is answered once, whoever has a link to it. Its answer is kept before the run is told, and the run is told again
until it has taken the answer, by whichever process is there. Source: spec workflow-nodes §26, service-api §3.15.
"""

import hmac
import logging
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from treadle.apps.forms.repository import FormRepository, LinkedForm
from treadle.apps.running.records import without_urls
from treadle.apps.tables import Form, FormLink, FormStatus
from treadle.apps.uploads import FileOrigin
from treadle.engine.events import PauseKey
from treadle.engine.past import Answer
from treadle.engine.ports import FormInput, FormRequest, OpenedForm
from treadle.engine.values import JsonValue, Value, plain
from treadle.nodes.human_input import action_map, input_map
from treadle.nodes.inputs import FileResolver, InputError, InputVariable, validate_inputs
from treadle.platform.changes import bump
from treadle.platform.clock import SECOND, now_us
from treadle.platform.crypto import Crypto, token_hash
from treadle.platform.db import Database
from treadle.platform.ids import new_id
from treadle.platform.refusals import NotFound, Refusal

_log = logging.getLogger(__name__)

FORMS_TOPIC = "forms"
PAGE = "page"
"""The recipient who uses the app."""

_AT_ONCE = 50
_OVERDUE = 2 * SECOND
"""An answer that its run has not taken after this is brought again."""
_GOING_ON = frozenset({None, "running", "paused"})

GoOn = Callable[[str, Mapping[PauseKey, Answer]], Awaitable[bool]]
"""Gives answers to a run; whether it has taken them."""


class FormSubmitted(Refusal):
    status = 412
    code = "human_input_form_submitted"

    def __init__(self) -> None:
        super().__init__("This form has been answered already.")


class FormExpired(Refusal):
    status = 412
    code = "human_input_form_expired"

    def __init__(self) -> None:
        super().__init__("The time to answer this form is over.")


class InvalidForm(Refusal):
    """What was entered cannot be accepted; the form stays open."""

    code = "invalid_form_data"


@dataclass(frozen=True, slots=True)
class OpenForm:
    """A form that can be answered."""

    row: Form
    request: FormRequest
    recipient: str

    def shown(self) -> dict[str, JsonValue]:
        """The form as clients read it."""
        request = self.request
        return {
            "form_content": request.content,
            "inputs": [input_map(each) for each in request.inputs],
            "resolved_default_values": dict(request.defaults),
            "user_actions": [action_map(each) for each in request.actions],
            "expiration_time": self.row.expires_at // SECOND,
        }


class FormService:
    """The forms of all workspaces; callers name the workspace, or hold a link."""

    def __init__(self, db: Database, crypto: Crypto) -> None:
        self._db = db
        self._crypto = crypto
        self._link_key = crypto.derive("form links")
        self._clock: Callable[[], int] = now_us
        self.go_on: GoOn = _nobody

    def go_by(self, clock: Callable[[], int]) -> None:
        """Go by another clock than the machine's; it gives microseconds since the epoch."""
        self._clock = clock

    def for_run(self, origin: FileOrigin) -> "RunForms":
        """The forms port of a run."""
        return RunForms(self, origin)

    def token(self, form_id: str, recipient: str = PAGE) -> str:
        """The secret part of a recipient's address. It is made anew whenever it is needed, and only its hash kept."""
        digest = hmac.digest(self._link_key, f"{form_id}\n{recipient}".encode(), "sha256")
        return urlsafe_b64encode(digest[:24]).decode()

    async def open(self, origin: FileOrigin, request: FormRequest) -> OpenedForm:
        """Keep a form for a run, and see to its delivery."""
        now = self._clock()
        form_id = new_id()
        async with self._db.transaction() as session:
            repository = FormRepository(session)
            trigger = origin.role == "end_user" and await repository.is_trigger(origin.user_id)
            shown = request.on_page and not trigger
            mails = await _mail_addresses(repository, origin, request)
            form = Form(
                id=form_id,
                workspace_id=origin.workspace_id,
                app_id=origin.app_id,
                run_id=origin.run_id or "",
                node_id=request.key.node_id,
                path=msgspec.json.encode(request.key.path).decode(),
                title=request.title,
                created_by=origin.user_id,
                status=FormStatus.OPEN,
                definition=self._sealed(form_id, request),
                shown=shown,
                answer=None,
                action=None,
                answered_by=None,
                resumed=False,
                expires_at=now + request.seconds * SECOND,
                created_at=now,
                answered_at=None,
            )
            links = [self._link(form, recipient, mail, now) for recipient, mail in mails.items()]
            if shown:
                links.append(self._link(form, PAGE, None, now))
            kept = await repository.add(self._db, form, links)
            await bump(session, FORMS_TOPIC)
        return OpenedForm(kept.id, kept.expires_at // SECOND, kept.shown)

    async def by_token(self, token: str, *, app_id: str | None = None, created_by: str | None = None) -> OpenForm:
        """The open form behind a link; of this app and this user alone, if they are named.

        Raises NotFound, FormSubmitted and FormExpired.
        """
        async with self._db.session() as session:
            linked = await FormRepository(session).by_token(token_hash(token))
        if (
            linked is None
            or (app_id is not None and linked.form.app_id != app_id)
            or (created_by is not None and linked.form.created_by != created_by)
        ):
            raise NotFound("There is no such form.")
        return self._opened(linked)

    async def of_workspace(self, workspace_id: str, form_id: str) -> OpenForm:
        """An open form, for a member. Raises NotFound, FormSubmitted and FormExpired."""
        async with self._db.session() as session:
            found = await FormRepository(session).one(workspace_id, form_id)
        if found is None:
            raise NotFound("There is no such form.")
        return self._opened(found)

    async def open_forms(self, workspace_id: str, app_id: str | None = None) -> Sequence[tuple[Form, str]]:
        """What people are waited for in a workspace, newest first, with the names of the apps."""
        async with self._db.session() as session:
            return await FormRepository(session).open_of_workspace(workspace_id, app_id)

    async def submit(
        self, form: OpenForm, *, inputs: Mapping[str, Any], action: str, files: FileResolver, by: str
    ) -> None:
        """Answer a form. The first answer closes it for everybody.

        Raises InvalidForm, after which the form is still open, FormSubmitted and FormExpired.
        """
        request = form.request
        if action not in {each.id for each in request.actions}:
            raise InvalidForm(f'The form has no action "{action}".', param="action")
        values = await accepted_inputs(request.inputs, inputs, files)
        answer: Answer = {
            "action": action,
            "inputs": plain(without_urls(values)),
            "content": request.content,
            "expiration_time": form.row.expires_at // SECOND,
        }
        if not await self._close(form.row, FormStatus.FILLED, answer, by=by):
            async with self._db.session() as session:
                again = await FormRepository(session).one(form.row.workspace_id, form.row.id)
            if again is not None:
                self._opened(again)
            raise FormExpired
        await self._bring(form.row, answer)

    async def expire_due(self) -> int:
        """Let forms expire whose time is over, each in one process; how many this one did."""
        async with self._db.session() as session:
            due = await FormRepository(session).due(self._clock(), _AT_ONCE)
        expired = 0
        for row in due:
            request = self.definition(row)
            answer: Answer = {"content": request.content, "expiration_time": row.expires_at // SECOND}
            if await self._close(row, FormStatus.EXPIRED, answer):
                expired += 1
                await self._bring(row, answer)
        return expired

    async def bring_answers(self) -> None:
        """Bring answers to runs that have not taken them: their processes were gone, or other branches went on."""
        async with self._db.session() as session:
            rows = await FormRepository(session).unresumed(self._clock() - _OVERDUE, _AT_ONCE)
        for row in rows:
            answer = msgspec.json.decode(self._crypto.decrypt(row.answer or "", context=f"forms/{row.id}/answer"))
            await self._bring(row, answer)

    def definition(self, row: Form) -> FormRequest:
        """What a form asks."""
        return msgspec.json.decode(self._crypto.decrypt(row.definition, context=f"forms/{row.id}"), type=FormRequest)

    async def _close(self, row: Form, status: FormStatus, answer: Answer, *, by: str | None = None) -> bool:
        sealed = self._crypto.encrypt(msgspec.json.encode(answer).decode(), context=f"forms/{row.id}/answer")
        action = answer.get("action")
        async with self._db.transaction() as session:
            return await FormRepository(session).close(
                row.id,
                status=status,
                answer=sealed,
                action=action if isinstance(action, str) else None,
                by=by,
                now=self._clock(),
            )

    async def _bring(self, row: Form, answer: Answer) -> None:
        """Give an answer to its run; one that is over needs none."""
        key = PauseKey(row.node_id, tuple(tuple(part) for part in msgspec.json.decode(row.path)))
        try:
            taken = await self.go_on(row.run_id, {key: answer})
        except Refusal as refusal:
            _log.warning("run %s cannot go on: %s", row.run_id, refusal.message)
            taken = False
        async with self._db.transaction() as session:
            repository = FormRepository(session)
            if taken or await repository.run_status(row.run_id) not in _GOING_ON:
                await repository.resumed(row.id)

    def _opened(self, linked: LinkedForm) -> OpenForm:
        row = linked.form
        if row.status == FormStatus.FILLED:
            raise FormSubmitted
        if row.status == FormStatus.EXPIRED or row.expires_at <= self._clock() or linked.run_status not in _GOING_ON:
            raise FormExpired
        return OpenForm(row, self.definition(row), linked.recipient)

    def _sealed(self, form_id: str, request: FormRequest) -> str:
        return self._crypto.encrypt(msgspec.json.encode(request).decode(), context=f"forms/{form_id}")

    def _link(self, form: Form, recipient: str, mail: int | None, now: int) -> FormLink:
        return FormLink(
            token_hash=token_hash(self.token(form.id, recipient)),
            form_id=form.id,
            workspace_id=form.workspace_id,
            recipient=recipient,
            mail=mail,
            attempts=0,
            try_at=now,
            created_at=now,
        )


@dataclass(frozen=True, slots=True)
class RunForms:
    """`engine.ports.Forms` for one run."""

    service: FormService
    origin: FileOrigin

    async def open(self, request: FormRequest) -> OpenedForm:
        return await self.service.open(self.origin, request)


async def _mail_addresses(repository: FormRepository, origin: FileOrigin, request: FormRequest) -> dict[str, int]:
    """Who gets which of a form's mails; nobody gets two."""
    found: dict[str, int] = {}
    for position, mail in enumerate(request.mails):
        if mail.only_to_tester and origin.role == "account":
            addresses = await repository.addresses(origin.workspace_id, [origin.user_id])
        else:
            wanted = None if mail.whole_workspace else mail.member_ids
            addresses = [*await repository.addresses(origin.workspace_id, wanted), *mail.addresses]
        for address in addresses:
            if address.strip():
                found.setdefault(address.strip(), position)
    return found


async def accepted_inputs(
    questions: Sequence[FormInput], given: Mapping[str, Any], files: FileResolver
) -> dict[str, Value]:
    """What was entered, checked: everything but a paragraph must be there. Raises InvalidForm."""
    for question in questions:
        if question.type == "file-list" and given.get(question.name) == []:
            raise InvalidForm(f"{question.name} needs at least one file.", param=question.name)
    variables = [
        InputVariable(
            variable=question.name,
            type=question.type,
            required=question.type != "paragraph",
            max_length=question.number_limits if question.type == "file-list" else None,
            options=question.options,
            allowed_file_types=question.allowed_file_types,
            allowed_file_extensions=question.allowed_file_extensions,
            allowed_file_upload_methods=question.allowed_file_upload_methods,
        )
        for question in questions
    ]
    try:
        values = await validate_inputs(variables, given, files=files)
    except InputError as error:
        raise InvalidForm(f"{error.message}.", param=error.variable) from error
    return {name: "" if value is None else value for name, value in values.items()}


async def _nobody(run_id: str, answers: Mapping[PauseKey, Answer]) -> bool:
    return False

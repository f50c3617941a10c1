"""What happens to forms by themselves: mails go out, time runs out, answers reach runs whose processes were gone."""

import html
import logging
import re
from collections.abc import Callable

from treadle.apps.forms.repository import FormRepository, UnsentMail
from treadle.apps.forms.service import FORMS_TOPIC, FormService
from treadle.apps.tables import FormStatus
from treadle.engine.ports import EmailDelivery
from treadle.platform.clock import SECOND, now_us
from treadle.platform.db import Database
from treadle.platform.due_loop import DueLoop
from treadle.platform.mail import Mailer, MailError

_log = logging.getLogger(__name__)

_LINK = re.compile(r"\{\{\s*#?url#?\s*\}\}")
_AT_ONCE = 20
_MOST_ATTEMPTS = 5
_LONGEST = 5.0


class FormDelivery(DueLoop):
    """Every process that serves has one; the database decides which of them does what."""

    def __init__(self, db: Database, forms: FormService, mailer: Mailer, address: Callable[[str], str]) -> None:
        """`address` gives the URL of a form by the token of its link."""
        super().__init__("forms", FORMS_TOPIC, self._look_after, self._next_due, longest=_LONGEST)
        self._db = db
        self._forms = forms
        self._mailer = mailer
        self._address = address

    async def send_mails(self) -> None:
        """Send the mails that are due."""
        now = now_us()
        async with self._db.session() as session:
            unsent = await FormRepository(session).unsent(now, _AT_ONCE)
        for each in unsent:
            wait = 30 * 4**each.link.attempts
            async with self._db.transaction() as session:
                if not await FormRepository(session).claim_mail(each.link, again_at=now + wait * SECOND):
                    continue
            if await self._done(each):
                async with self._db.transaction() as session:
                    await FormRepository(session).mail_done(each.link)

    async def _done(self, each: UnsentMail) -> bool:
        """Whether nothing is left to do about a mail."""
        link, form = each.link, each.form
        mails = self._forms.definition(form).mails
        if form.status != FormStatus.OPEN or link.mail is None or link.mail >= len(mails):
            return True
        subject, text, page = _written(
            mails[link.mail], form.title, self._address(self._forms.token(form.id, link.recipient))
        )
        try:
            await self._mailer.send(link.recipient, subject=subject, text=text, html=page)
        except MailError as error:
            last = error.final or link.attempts + 1 >= _MOST_ATTEMPTS
            _log.warning("form %s is not mailed%s: %s", form.id, "" if last else " yet", error)
            return last
        return True

    async def _look_after(self) -> None:
        await self._forms.expire_due()
        await self._forms.bring_answers()
        await self.send_mails()

    async def _next_due(self) -> int | None:
        async with self._db.session() as session:
            return await FormRepository(session).next_due()


def _written(mail: EmailDelivery, title: str, url: str) -> tuple[str, str, str]:
    """The subject, the text and the HTML of a mail; the link stands where the text says, else at its end."""
    body = mail.body if _LINK.search(mail.body) else f"{mail.body}\n\n{{{{#url#}}}}".lstrip()
    text = _LINK.sub(lambda _: url, body)
    shown = f'<a href="{html.escape(url, quote=True)}">{html.escape(url)}</a>'
    parts = [html.escape(part) for part in _LINK.split(body)]
    page = shown.join(parts).replace("\n", "<br>\n")
    return mail.subject.strip() or title or "A form waits for you", text, f"<!doctype html>\n<p>{page}</p>\n"

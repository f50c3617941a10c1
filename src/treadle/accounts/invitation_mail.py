"""What the mail of an invitation says, in the language of who invites."""

import html
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WrittenMail:
    """A mail, ready to be sent."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class _Words:
    subject: str
    line: str
    button: str
    until: str
    stranger: str


_WORDS = {
    "en-US": _Words(
        subject="{inviter} invites you to {workspace}",
        line="{inviter} invites you to work together in {workspace} on Treadle.",
        button="Accept the invitation",
        until="The link opens once, within {hours} hours.",
        stranger="If you do not know who this is, do nothing: without you the invitation ends by itself.",
    ),
    "zh-Hans": _Words(
        subject="{inviter} 邀请你加入 {workspace}",
        line="{inviter} 邀请你在 Treadle 上加入 {workspace}，一起工作。",
        button="接受邀请",
        until="链接在 {hours} 小时内有效，只能使用一次。",
        stranger="如果你不认识邀请人，请忽略此邮件，邀请会自动失效。",
    ),
    "ja-JP": _Words(
        subject="{inviter} さんから {workspace} への招待",
        line="{inviter} さんが、Treadle のワークスペース {workspace} にあなたを招待しました。",
        button="招待を受ける",
        until="リンクは {hours} 時間以内に 1 回だけ使えます。",
        stranger="心当たりがない場合は、このメールを無視してください。招待は自動的に無効になります。",
    ),
}


def written(language: str, *, inviter: str, workspace: str, link: str, hours: int) -> WrittenMail:
    """The mail in a language of the interface; in English where that is none."""
    words = _WORDS.get(language, _WORDS["en-US"])
    subject, line, until = (
        sentence.format(inviter=inviter, workspace=workspace, hours=hours)
        for sentence in (words.subject, words.line, words.until)
    )
    href, shown = html.escape(link, quote=True), html.escape(link)
    page = (
        f'<!doctype html>\n<html lang="{language}">\n<p>{html.escape(line)}</p>\n'
        f'<p><a href="{href}">{words.button}</a><br>\n{shown}</p>\n'
        f"<p>{until}</p>\n<p>{words.stranger}</p>\n</html>\n"
    )
    return WrittenMail(subject, f"{line}\n\n{words.button}:\n{link}\n\n{until}\n\n{words.stranger}\n", page)

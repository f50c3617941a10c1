"""What the mails of accounts say, in the languages of the interface."""

import html
from dataclasses import dataclass
from enum import StrEnum


class CodePurpose(StrEnum):
    """What a code that comes by mail is for."""

    RESET_PASSWORD = "reset_password"
    SIGN_IN = "sign_in"
    OLD_ADDRESS = "old_address"
    """The person behind an account that is about to get another address."""
    NEW_ADDRESS = "new_address"
    DELETE_ACCOUNT = "delete_account"


@dataclass(frozen=True, slots=True)
class WrittenMail:
    """A mail, ready to be sent."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class _Invitation:
    subject: str
    line: str
    button: str
    until: str
    stranger: str


@dataclass(frozen=True, slots=True)
class _Code:
    """`lines` by purpose; each is the subject too."""

    lines: dict[CodePurpose, str]
    until: str
    stranger: str


_INVITATIONS = {
    "en-US": _Invitation(
        subject="{inviter} invites you to {workspace}",
        line="{inviter} invites you to work together in {workspace} on Treadle.",
        button="Accept the invitation",
        until="The link opens once, within {hours} hours.",
        stranger="If you do not know who this is, do nothing: without you the invitation ends by itself.",
    ),
    "zh-Hans": _Invitation(
        subject="{inviter} 邀请你加入 {workspace}",
        line="{inviter} 邀请你在 Treadle 上加入 {workspace}，一起工作。",
        button="接受邀请",
        until="链接在 {hours} 小时内有效，只能使用一次。",
        stranger="如果你不认识邀请人，请忽略此邮件，邀请会自动失效。",
    ),
    "ja-JP": _Invitation(
        subject="{inviter} さんから {workspace} への招待",
        line="{inviter} さんが、Treadle のワークスペース {workspace} にあなたを招待しました。",
        button="招待を受ける",
        until="リンクは {hours} 時間以内に 1 回だけ使えます。",
        stranger="心当たりがない場合は、このメールを無視してください。招待は自動的に無効になります。",
    ),
}

_CODES = {
    "en-US": _Code(
        lines={
            CodePurpose.RESET_PASSWORD: "Your code to set a new Treadle password",
            CodePurpose.SIGN_IN: "Your code to sign in to Treadle",
            CodePurpose.OLD_ADDRESS: "Your code to change the address of your Treadle account",
            CodePurpose.NEW_ADDRESS: "Your code to use this address with Treadle",
            CodePurpose.DELETE_ACCOUNT: "Your code to delete your Treadle account",
        },
        until="It is valid for {minutes} minutes. Tell it to nobody.",
        stranger="If you did not ask for it, do nothing: nothing changes without the code.",
    ),
    "zh-Hans": _Code(
        lines={
            CodePurpose.RESET_PASSWORD: "重设 Treadle 密码的验证码",
            CodePurpose.SIGN_IN: "登录 Treadle 的验证码",
            CodePurpose.OLD_ADDRESS: "更换 Treadle 账号邮箱的验证码",
            CodePurpose.NEW_ADDRESS: "在 Treadle 使用此邮箱的验证码",
            CodePurpose.DELETE_ACCOUNT: "删除 Treadle 账号的验证码",
        },
        until="验证码在 {minutes} 分钟内有效。请勿告诉任何人。",
        stranger="如果不是你本人操作，请忽略此邮件：没有验证码，什么都不会改变。",
    ),
    "ja-JP": _Code(
        lines={
            CodePurpose.RESET_PASSWORD: "Treadle のパスワードを再設定するためのコード",
            CodePurpose.SIGN_IN: "Treadle にサインインするためのコード",
            CodePurpose.OLD_ADDRESS: "Treadle アカウントのメールアドレスを変更するためのコード",
            CodePurpose.NEW_ADDRESS: "このメールアドレスを Treadle で使うためのコード",
            CodePurpose.DELETE_ACCOUNT: "Treadle アカウントを削除するためのコード",
        },
        until="コードは {minutes} 分間有効です。誰にも教えないでください。",
        stranger="心当たりがない場合は、このメールを無視してください。コードがなければ何も変わりません。",
    ),
}
_OTHERWISE = "en-US"
"""The language of mails to people whose own is none of the interface."""


def invitation_mail(language: str, *, inviter: str, workspace: str, link: str, hours: int) -> WrittenMail:
    """What somebody reads who is asked to join a workspace."""
    words = _INVITATIONS.get(language, _INVITATIONS[_OTHERWISE])
    subject, line, until = (
        sentence.format(inviter=inviter, workspace=workspace, hours=hours)
        for sentence in (words.subject, words.line, words.until)
    )
    href, shown = html.escape(link, quote=True), html.escape(link)
    page = _page(
        language,
        html.escape(line),
        f'<a href="{href}">{words.button}</a><br>\n{shown}',
        until,
        words.stranger,
    )
    return WrittenMail(subject, f"{line}\n\n{words.button}:\n{link}\n\n{until}\n\n{words.stranger}\n", page)


def code_mail(language: str, purpose: CodePurpose, code: str, *, minutes: int) -> WrittenMail:
    """What carries a code to somebody."""
    words = _CODES.get(language, _CODES[_OTHERWISE])
    line, until = words.lines[purpose], words.until.format(minutes=minutes)
    large = f'<strong style="font-size:24px;letter-spacing:4px">{code}</strong>'
    page = _page(language, line, large, until, words.stranger)
    return WrittenMail(line, f"{line}:\n\n{code}\n\n{until}\n\n{words.stranger}\n", page)


def _page(language: str, *paragraphs: str) -> str:
    """The HTML of a mail. The paragraphs are HTML already."""
    body = "\n".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return f'<!doctype html>\n<html lang="{language}">\n{body}\n</html>\n'

"""Subtitles of YouTube's videos, read as its own app reads them: the tracks of a video, then one of them."""

import re
from collections.abc import AsyncIterator
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import msgspec

from treadle.engine.errors import ToolInvokeError, ToolParameterError
from treadle.engine.values import JsonValue
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask, send
from treadle.tools.builtin.xml import tree
from treadle.tools.messages import Message, Text

_CLIENT: JsonValue = {"client": {"clientName": "ANDROID", "clientVersion": "20.10.38"}}
_ID = re.compile(r"[\w-]{11}")
_TAG = re.compile(r"<[^>]*>")
_OTHER_TAG = re.compile(r"<(?!/?(?:b|i|em|strong|mark|small|del|ins|sub|sup)>)[^>]*>", re.IGNORECASE)


class _Track(msgspec.Struct):
    baseUrl: str  # noqa: N815 - the wire's names
    languageCode: str  # noqa: N815
    kind: str = ""
    """`asr` when a machine wrote it."""


class _Tracks(msgspec.Struct):
    captionTracks: list[_Track] = []  # noqa: N815


class _Captions(msgspec.Struct):
    playerCaptionsTracklistRenderer: _Tracks = msgspec.field(default_factory=_Tracks)  # noqa: N815


class _Playability(msgspec.Struct):
    status: str
    reason: str = ""


class _Player(msgspec.Struct):
    playabilityStatus: _Playability  # noqa: N815
    captions: _Captions = msgspec.field(default_factory=_Captions)


class _Line(msgspec.Struct):
    """`start` and `duration` in seconds."""

    text: str
    start: float
    duration: float


async def free_youtube_transcript(call: Call) -> AsyncIterator[Message]:
    track = await _track(call, _video(call.required("video_id")), call.text("language"))
    address = urlsplit(track.baseUrl)
    query = [(name, value) for name, value in parse_qsl(address.query) if name != "fmt"]
    response = await send(call, "GET", f"{call.urls['site']}{address.path}", query=query)
    keep = _OTHER_TAG if call.flag("preserve_formatting") else _TAG
    lines = [
        _Line(text, float(element.get("start") or 0), float(element.get("dur") or 0))
        for element in tree(response, "transcript").iter("text")
        if (text := keep.sub("", unescape("".join(element.itertext()))).strip())
    ]
    yield Text(_written(lines, call.text("format")))


def _video(text: str) -> str:
    """The id in an id or an address. Raises ToolParameterError."""
    address = urlsplit(text)
    last = address.path.rstrip("/").rpartition("/")[2]
    for found in (dict(parse_qsl(address.query)).get("v", ""), last):
        if _ID.fullmatch(found):
            return found
    raise ToolParameterError(f'"{text}" is no video of YouTube; give its address, or the eleven characters of its id.')


async def _track(call: Call, video: str, language: str) -> _Track:
    """The track in that language, one that people wrote before one of a machine."""
    body: JsonValue = {"context": _CLIENT, "videoId": video}
    player = await ask(call, _Player, "POST", f"{call.urls['site']}/youtubei/v1/player", json=body)
    if player.playabilityStatus.status != "OK":
        reason = player.playabilityStatus.reason or player.playabilityStatus.status
        raise ToolInvokeError(f"YouTube does not give the video {video}: {reason.rstrip('.')}.")
    tracks = sorted(player.captions.playerCaptionsTracklistRenderer.captionTracks, key=lambda each: each.kind == "asr")
    if not tracks:
        raise ToolInvokeError(f"The video {video} has no subtitles.")
    for track in tracks:
        if not language or track.languageCode.lower() == language.lower():
            return track
    codes = ", ".join(dict.fromkeys(track.languageCode for track in tracks))
    raise ToolInvokeError(f'The video {video} has no subtitles in "{language}"; it has them in {codes}.')


def _written(lines: list[_Line], form: str) -> str:
    match form:
        case "json":
            return msgspec.json.encode(lines).decode()
        case "pretty":
            return msgspec.json.format(msgspec.json.encode(lines), indent=2).decode()
        case "srt":
            return "\n\n".join(f"{n}\n{_span(line, ',')}\n{line.text}" for n, line in enumerate(lines, 1))
        case "vtt":
            return "\n\n".join(["WEBVTT", *(f"{_span(line, '.')}\n{line.text}" for line in lines)])
        case _:
            return "\n".join(line.text for line in lines)


def _span(line: _Line, mark: str) -> str:
    return f"{_time(line.start, mark)} --> {_time(line.start + line.duration, mark)}"


def _time(seconds: float, mark: str) -> str:
    milliseconds = round(seconds * 1000)
    hours, rest = divmod(milliseconds, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}{mark}{rest % 1000:03}"

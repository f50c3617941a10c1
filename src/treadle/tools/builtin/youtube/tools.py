"""Figures of videos from the YouTube Data API (https://developers.google.com/youtube/v3/docs)."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime

import msgspec

from treadle.engine.errors import ToolInvokeError, ToolParameterError
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask
from treadle.tools.messages import Message, Text


class _Id(msgspec.Struct):
    channelId: str = ""  # noqa: N815 - the wire's names
    videoId: str = ""  # noqa: N815


class _Found(msgspec.Struct):
    id: _Id


class _Search(msgspec.Struct):
    items: list[_Found] = []


class _Snippet(msgspec.Struct):
    title: str = ""


class _Statistics(msgspec.Struct):
    viewCount: str = "0"  # noqa: N815


class _Video(msgspec.Struct):
    snippet: _Snippet
    statistics: _Statistics


class _Videos(msgspec.Struct):
    items: list[_Video] = []


async def youtube_video_statistics(call: Call) -> AsyncIterator[Message]:
    channel, key = call.required("channel"), call.credential("google_api_key")
    first = _day(call.text("start_date") or "1800-01-01")
    last = _day(call.text("end_date") or f"{datetime.fromtimestamp(call.clock(), UTC):%Y-%m-%d}")
    base = call.urls["api"]
    query = {"part": "snippet", "type": "channel", "q": channel, "maxResults": 1, "key": key}
    channels = await ask(call, _Search, "GET", f"{base}/search", query=query)
    if not channels.items:
        raise ToolInvokeError(f'YouTube has no channel named "{channel}".')
    query = {
        "part": "snippet",
        "type": "video",
        "channelId": channels.items[0].id.channelId,
        "publishedAfter": f"{first}T00:00:00Z",
        "publishedBefore": f"{last}T23:59:59Z",
        "order": "date",
        "maxResults": 50,
        "key": key,
    }
    found = await ask(call, _Search, "GET", f"{base}/search", query=query)
    if not found.items:
        yield Text(f"{channel} published no videos between {first} and {last}.")
        return
    ids = ",".join(each.id.videoId for each in found.items)
    query = {"part": "snippet,statistics", "id": ids, "key": key}
    videos = await ask(call, _Videos, "GET", f"{base}/videos", query=query)
    yield Text("\n".join(f"{video.snippet.title}: {video.statistics.viewCount} views" for video in videos.items))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ToolParameterError(f'"{text}" is no date; write it like 2024-01-31.') from None

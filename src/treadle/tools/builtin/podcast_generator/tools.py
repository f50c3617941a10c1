"""Dialogues read aloud by OpenAI's speech (https://platform.openai.com/docs/api-reference/audio/createSpeech)."""

from collections.abc import AsyncIterator

from treadle.engine.errors import ToolInvokeError, ToolParameterError
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import send
from treadle.tools.messages import Blob, Message, Text

_MOST = 200
_LONGEST = 4096


async def check(call: Call) -> None:
    await send(call, "GET", f"{_base(call)}/models", headers=_key(call))


async def podcast_audio_generator(call: Call) -> AsyncIterator[Message]:
    lines = [line for line in (part.strip() for part in call.required("script").replace("；", ";").split(";")) if line]
    if not 0 < len(lines) <= _MOST or max(map(len, lines)) > _LONGEST:
        raise ToolParameterError(f"A script has 1 to {_MOST} lines of at most {_LONGEST:,} letters each.")
    voices = (call.text("host1_voice"), call.text("host2_voice"))
    sound = [await _spoken(call, line, voices[number % 2]) for number, line in enumerate(lines)]
    yield Text("The podcast is ready.")
    yield Blob(b"".join(sound), "audio/mpeg", "podcast.mp3")


async def _spoken(call: Call, line: str, voice: str) -> bytes:
    """MP3, which may be put end to end."""
    body = {"model": call.credential("openai_model"), "voice": voice, "input": line, "response_format": "mp3"}
    response = await send(call, "POST", f"{_base(call)}/audio/speech", headers=_key(call), json={**body}, timeout=180)
    if not response.headers.get("content-type", "").startswith("audio/"):
        raise ToolInvokeError("The speech service answered with something unexpected instead of sound.")
    return response.body


def _base(call: Call) -> str:
    return (call.optional_credential("base_url") or call.urls["api"]).rstrip("/")


def _key(call: Call) -> dict[str, str]:
    return {"Authorization": f"Bearer {call.credential('api_key')}"}

"""Tencent Cloud's fast recognition of recordings.

A call is signed: HMAC-SHA1 over method, host, path and the parameters in the order of their names. Refusals come with
status 200 and a code.

Source: spec models-and-tools §1.20 (`tencent`); the vendor's reference of `asr/flash/v1`.
"""

import base64
import hashlib
import hmac
import time
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from treadle.engine.errors import InvokeAuthorizationError, InvokeBadRequestError, InvokeError, InvokeRateLimitError
from treadle.models.target import Target

from .exchange import content_of, send
from .failures import unreadable
from .lacking import NoMedia
from .media import Recording, Transcript
from .rerank_http import refused

_FORMATS = {"mpeg": "mp3", "x-wav": "wav", "wave": "wav", "mp4": "m4a", "x-m4a": "m4a", "aac": "aac", "ogg": "ogg-opus"}
_REFUSALS: dict[int, type[InvokeError]] = {
    4002: InvokeAuthorizationError,
    4003: InvokeAuthorizationError,
    4004: InvokeAuthorizationError,
    4006: InvokeRateLimitError,
}


class _Channel(msgspec.Struct):
    text: str = ""


class _Answer(msgspec.Struct):
    code: int
    message: str = ""
    audio_duration: int = 0
    flash_result: list[_Channel] | None = None


_decode = msgspec.json.Decoder(_Answer).decode


class TencentSpeech(NoMedia):
    """Speaks to Tencent Cloud."""

    async def transcribe(self, target: Target, recording: Recording) -> Transcript:
        """What is said in the recording; `upstream` is the vendor's engine, such as `16k_zh`."""
        asked = {
            "convert_num_mode": "1",
            "engine_type": target.upstream,
            "filter_dirty": "0",
            "filter_modal": "0",
            "filter_punc": "0",
            "first_channel_only": "1",
            "secretid": _setting(target, "secret_id"),
            "speaker_diarization": "0",
            "timestamp": str(int(time.time())),
            "voice_format": _format(recording),
            "word_info": "0",
        }
        address = f"{target.base_url.rstrip('/')}/asr/flash/v1/{quote(_setting(target, 'app_id'), safe='')}"
        headers = {
            "Content-Type": "application/octet-stream",
            "Authorization": signature(address, asked, _setting(target, "secret_key")),
        }
        response = await send(self._http, target, f"{address}?{urlencode(asked)}", recording.data, headers, refused)
        try:
            sent = await content_of(target, response)
        finally:
            response.close()
        try:
            answer = _decode(sent)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise unreadable(target, sent) from error
        if answer.code:
            kind = _REFUSALS.get(answer.code, InvokeBadRequestError)
            raise kind(target.says(f"the provider refused the recording ({answer.code}: {answer.message})."))
        said = "\n".join(each.text for each in answer.flash_result or [])
        return Transcript(text=said, seconds=answer.audio_duration / 1000)


def signature(address: str, asked: dict[str, str], secret: str) -> str:
    """What authorises a POST of these parameters."""
    parts = urlsplit(address)
    plain = "&".join(f"{name}={value}" for name, value in sorted(asked.items()))
    text = f"POST{parts.netloc}{parts.path}?{plain}"
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()).decode()


def _format(recording: Recording) -> str:
    subtype = recording.mime_type.partition("/")[2].partition(";")[0]
    return _FORMATS.get(subtype, subtype)


def _setting(target: Target, name: str) -> str:
    return str(target.settings.get(name, ""))

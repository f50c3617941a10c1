"""Speech models behind endpoints of Amazon SageMaker.

A recording goes as it is, as the containers for Whisper take it; where the form names a bucket, it is put there and
the endpoint gets its address. Texts to be read aloud go in the layout of CosyVoice's endpoints, whose answer is the
sound or the address of it.

Source: spec models-and-tools §1.20 (`sagemaker`).
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from urllib.parse import quote
from uuid import uuid4

import aiohttp
import msgspec

from treadle.engine.errors import InvokeBadRequestError
from treadle.models.target import Target

from .aws_signing import credentials_of, region_of
from .exchange import bytes_of, content_of, fetched, put
from .failures import unreadable
from .lacking import NoMedia
from .media import Meter, Recording, Transcript
from .rerank_http import Body, refused
from .sagemaker import invoked

_ADDRESS_SECONDS = 600


class _Transcript(msgspec.Struct):
    text: str | list[str]


class _Spoken(msgspec.Struct):
    s3_presign_url: str


_decode_transcript = msgspec.json.Decoder(_Transcript).decode
_decode_spoken = msgspec.json.Decoder(_Spoken).decode


class SageMakerMedia(NoMedia):
    """Speaks to such endpoints."""

    async def transcribe(self, target: Target, recording: Recording) -> Transcript:
        """What is said in the recording."""
        if target.settings.get("audio_s3_cache_bucket"):
            address = await self._stored(target, recording)
            body, content_type = msgspec.json.encode({"audio_s3_presign_uri": address}), "application/json"
        else:
            body, content_type = recording.data, recording.mime_type
        response = await invoked(self._http, target, body, content_type=content_type)
        try:
            sent = await content_of(target, response)
        finally:
            response.close()
        try:
            said = _decode_transcript(sent).text
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise unreadable(target, sent) from error
        return Transcript(text=said if isinstance(said, str) else " ".join(said))

    async def speak(
        self, target: Target, text: str, *, voice: str, audio_type: str, meter: Meter | None = None
    ) -> AsyncGenerator[bytes, None]:
        """The sound of `text`, in pieces. Closing the iterator closes the connection."""
        response = await invoked(self._http, target, msgspec.json.encode(spoken_body(target, text, voice)))
        if response.content_type == "application/json":
            response = await self._fetched(target, response)
        async with aclosing(bytes_of(target, response)) as pieces:
            async for piece in pieces:
                yield piece

    async def _fetched(self, target: Target, response: aiohttp.ClientResponse) -> aiohttp.ClientResponse:
        try:
            sent = await content_of(target, response)
        finally:
            response.close()
        try:
            address = _decode_spoken(sent).s3_presign_url
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise unreadable(target, sent) from error
        return await fetched(self._http, target, address, {}, refused)

    async def _stored(self, target: Target, recording: Recording) -> str:
        """The address, for ten minutes, under which the recording lies in the bucket."""
        from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
        from botocore.awsrequest import AWSRequest

        credentials, region = await credentials_of(target), region_of(target)
        bucket = str(target.settings["audio_s3_cache_bucket"])
        root = str(target.settings.get("s3_endpoint_url") or f"https://s3.{region}.amazonaws.com").rstrip("/")
        url = f"{root}/{quote(bucket, safe='')}/treadle/{uuid4().hex}.{quote(recording.filename.rpartition('.')[2])}"
        request = AWSRequest("PUT", url, data=recording.data, headers={"Content-Type": recording.mime_type})
        S3SigV4Auth(credentials, "s3", region).add_auth(request)
        headers = {name: str(value) for name, value in request.headers.items()}
        await put(self._http, target, url, recording.data, headers, refused)
        reading = AWSRequest("GET", url)
        S3SigV4QueryAuth(credentials, "s3", region, expires=_ADDRESS_SECONDS).add_auth(reading)
        return f"{reading.url}"


def spoken_body(target: Target, text: str, voice: str) -> Body:
    """The body for the kind of voice that the form names. Raises InvokeBadRequestError."""
    given = {name: str(target.settings.get(name, "")) for name in ("prompt_audio", "prompt_text", "instruct_text")}
    match target.settings.get("audio_model_type", "PresetVoice"):
        case "PresetVoice":
            body: Body = {"role": voice}
        case "CloneVoice":
            body = {"prompt_audio": given["prompt_audio"], "prompt_text": given["prompt_text"]}
        case "CloneVoice_CrossLingual":
            body = {"prompt_audio": given["prompt_audio"]}
        case "InstructVoice":
            body = {"role": voice, "instruct_text": given["instruct_text"]}
        case other:
            raise InvokeBadRequestError(
                target.says(f"audio_model_type {other!r} is unknown; choose one of the form's.")
            )
    return {"tts_text": text, **body}

"""Speech by the workspace's own models."""

from collections.abc import AsyncIterator

from treadle.engine.errors import ToolInvokeError, ToolParameterError
from treadle.engine.ports import ModelRef
from treadle.engine.usage import Usage
from treadle.tools.builtin.call import Call, Speech
from treadle.tools.messages import Blob, Message, ModelUsage, Text

_LARGEST = 30 * 1024 * 1024
_KINDS = {"mp3": "audio/mpeg", "wav": "audio/x-wav", "opus": "audio/ogg", "aac": "audio/aac", "flac": "audio/flac"}


async def asr(call: Call) -> AsyncIterator[Message]:
    files = call.attached("audio_file")
    if not files:
        raise ToolParameterError('The parameter "audio_file" is empty; give it a recording.')
    data = await call.files.read(files[0])
    if len(data) > _LARGEST:
        raise ToolParameterError(f"The recording has {len(data):,} bytes, more than the limit of {_LARGEST:,}.")
    name, kind = files[0].filename or "recording.mp3", files[0].mime_type or "audio/mpeg"
    model = _model(call.text("model"))
    heard = await _speech(call).transcribe(data, model, filename=name, mime_type=kind)
    yield ModelUsage(heard.usage)
    yield Text(heard.text)


async def tts(call: Call) -> AsyncIterator[Message]:
    speech, text = _speech(call), call.required("text")
    voice, _, owner = call.text("voice").partition("#")
    model = _model(owner or call.text("model"))
    kind = await speech.audio_type(model)
    spent: list[Usage] = []
    sound = b"".join([piece async for piece in speech.speak(text, model, voice=voice, spent=spent.append)])
    if not sound:
        raise ToolInvokeError("The model gave no sound.")
    for usage in spent:
        yield ModelUsage(usage)
    yield Blob(sound, _KINDS.get(kind, "audio/mpeg"), f"speech.{kind}")


def _speech(call: Call) -> Speech:
    if call.speech is None:
        raise ToolInvokeError("This workspace has no models of speech.")
    return call.speech


def _model(text: str) -> ModelRef:
    """The model that `provider#model` names; the default of the workspace for an empty text."""
    provider, _, name = text.partition("#")
    return ModelRef(provider, name)

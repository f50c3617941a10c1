"""Inputs of a start form as the terminal gives them: texts, which some questions read as JSON or as a file."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from treadle.apps.uploads import FileOrigin, Uploads
from treadle.engine.values import JsonValue
from treadle.nodes.inputs import InputVariable
from treadle.platform.refusals import InvalidParam


async def form_inputs(
    form: Sequence[InputVariable], given: Mapping[str, str], *, uploads: Uploads, origin: FileOrigin
) -> dict[str, JsonValue]:
    """`given` by the kind of each question.

    A JSON object is written as JSON; a file as `@PATH` or as its web address, several parted by commas. Names that
    the form does not ask for raise InvalidParam, as do values that cannot be read.
    """
    asked = {variable.variable: variable for variable in form}
    unknown = [name for name in given if name not in asked]
    if unknown:
        questions = f"it asks for {', '.join(asked)}" if asked else "it asks for none"
        raise InvalidParam(f"The app has no input {unknown[0]}; {questions}.", param=unknown[0])
    inputs: dict[str, JsonValue] = {}
    for name, text in given.items():
        match asked[name].type:
            case "json_object":
                inputs[name] = _json(name, text)
            case "file":
                inputs[name] = await _file(name, text, uploads, origin)
            case "file-list":
                inputs[name] = [await _file(name, part.strip(), uploads, origin) for part in text.split(",")]
            case _:
                inputs[name] = text
    return inputs


def _json(name: str, text: str) -> JsonValue:
    try:
        value: JsonValue = json.loads(text)
    except ValueError as error:
        raise InvalidParam(f"The input {name} is not valid JSON: {error}.", param=name) from error
    return value


async def _file(name: str, text: str, uploads: Uploads, origin: FileOrigin) -> JsonValue:
    if text.startswith(("http://", "https://")):
        return {"type": "custom", "transfer_method": "remote_url", "url": text}
    if not text.startswith("@"):
        raise InvalidParam(f"The input {name} takes a file: {name}=@PATH, or its web address.", param=name)
    path, data = _read(name, text[1:])
    stored = await uploads.upload(origin, name=path.name, declared_type="", data=data)
    kind = uploads.descriptor(stored).type
    return {"type": kind, "transfer_method": "local_file", "upload_file_id": stored.id}


def _read(name: str, place: str) -> tuple[Path, bytes]:
    path = Path(place).expanduser()
    try:
        return path, path.read_bytes()
    except OSError as error:
        raise InvalidParam(f"{path} cannot be read: {error.strerror}.", param=name) from error

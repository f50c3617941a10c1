"""Pictures that image models answer: bytes told apart by how they begin."""

import binascii
from base64 import b64decode

from treadle.engine.errors import ToolInvokeError
from treadle.tools.messages import Blob

PICTURE_BYTES = 64 * 1024 * 1024
"""The largest answer that holds pictures, in bytes: ten of them as base64 inside JSON."""
_KINDS = ((b"\x89PNG", "png"), (b"\xff\xd8\xff", "jpeg"), (b"GIF8", "gif"), (b"RIFF", "webp"))


def picture(data: bytes, name: str = "image") -> Blob:
    """A picture's bytes as a file. Raises ToolInvokeError when they are no picture."""
    for beginning, kind in _KINDS:
        if data.startswith(beginning):
            return Blob(data, f"image/{kind}", f"{name}.{kind}")
    raise ToolInvokeError("The service gave no picture.")


def encoded_picture(text: str, name: str = "image") -> Blob:
    """The same from base64, with or without what marks a data URL."""
    try:
        return picture(b64decode(text.rpartition("base64,")[2], validate=True), name)
    except binascii.Error as error:
        raise ToolInvokeError("The service gave a picture that cannot be read.") from error

"""QR codes as pictures."""

import io
from collections.abc import AsyncIterator

from treadle.engine.errors import ToolParameterError
from treadle.tools.builtin.call import Call
from treadle.tools.messages import Blob, Message

_MODULE = 10
"""The side of a module in pixels."""


async def qrcode_generator(call: Call) -> AsyncIterator[Message]:
    import segno

    level = call.required("error_correction")
    try:
        code = segno.make_qr(call.required("content"), error=level)
    except segno.DataOverflowError:
        raise ToolParameterError(f"The content is too long for a QR code of level {level}.") from None
    except ValueError:
        raise ToolParameterError(f'"{level}" is no level of error correction; it is L, M, Q or H.') from None
    picture = io.BytesIO()
    code.save(picture, kind="png", scale=_MODULE, border=call.integer("border", 0, 100))
    yield Blob(picture.getvalue(), "image/png", "qrcode.png")

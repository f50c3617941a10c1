"""Shortens texts with the workspace's default model, for tools that may give more than a prompt holds.

Source: spec models-and-tools §4.3, last item.
"""

from treadle.engine.errors import ToolInvokeError
from treadle.engine.ports import ChatRequest, Message, ModelRef

from .call import Call

_SHARE = 0.6
_UNKNOWN_CONTEXT = 4096
_ROUNDS = 4
_PROMPT = (
    "Shorten the text that the user gives you. Keep names, figures, dates and conclusions, write in the text's own "
    "language, and answer with the shortened text alone."
)


async def summarised(call: Call, text: str) -> str:
    """`text` as it is when it takes less than 60 % of the model's context, else shortened piece by piece until it does.

    Raises ToolInvokeError without a default model, and whatever the model raises.
    """
    if call.model is None:
        raise ToolInvokeError("A summary needs a default language model; choose one in the model settings.")
    size = (await call.models.profile(call.model)).context_size or _UNKNOWN_CONTEXT
    limit = int(size * _SHARE)
    for _ in range(_ROUNDS):
        tokens = _tokens(call, call.model, text)
        if tokens < limit:
            return text
        step = max(1000, len(text) * limit // (2 * tokens))
        pieces = [text[start : start + step] for start in range(0, len(text), step)]
        text = "\n".join([await _shortened(call, call.model, piece) for piece in pieces])
    return text


def _tokens(call: Call, model: ModelRef, text: str) -> int:
    return call.models.count_tokens(model, [Message(role="user", content=text)])


async def _shortened(call: Call, model: ModelRef, piece: str) -> str:
    messages = (Message(role="system", content=_PROMPT), Message(role="user", content=piece))
    request = ChatRequest(model=model, messages=messages)
    return "".join([delta.text async for delta in call.models.chat(request)])

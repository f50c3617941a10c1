"""Pictures from Stability AI (https://platform.stability.ai/docs/api-reference#tag/Generate)."""

from collections.abc import AsyncIterator

from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import multipart, send
from treadle.tools.builtin.pictures import picture
from treadle.tools.messages import Message


async def stability_text2image(call: Call) -> AsyncIterator[Message]:
    model = call.text("model")
    fields = {
        "prompt": call.required("prompt"),
        "output_format": "png",
        "seed": str(call.integer("seed", 0)),
        "aspect_ratio": call.text("aspect_ratio"),
    }
    if unwanted := call.text("negative_prompt"):
        fields["negative_prompt"] = unwanted
    if model != "core":
        fields["model"] = model
    kind, body = multipart(fields)
    headers = {"Authorization": f"Bearer {call.credential('api_key')}", "Accept": "image/*", "Content-Type": kind}
    url = f"{call.urls['api']}/{'core' if model == 'core' else 'sd3'}"
    response = await send(call, "POST", url, headers=headers, body=body, timeout=180, max_bytes=32 * 1024 * 1024)
    yield picture(response.body)

"""Pictures from Gitee AI (https://ai.gitee.com/docs/openapi)."""

from collections.abc import AsyncIterator
from urllib.parse import quote

from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import send
from treadle.tools.builtin.pictures import picture
from treadle.tools.messages import Message


async def text_to_image(call: Call) -> AsyncIterator[Message]:
    headers = {"Authorization": f"Bearer {call.credential('api_key')}"}
    url = f"{call.urls['api']}/serverless/{quote(call.text('model'), safe='')}/text-to-image"
    response = await send(call, "POST", url, headers=headers, json={"inputs": call.required("inputs")}, timeout=180)
    yield picture(response.body)

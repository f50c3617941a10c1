"""Wikis (https://open.feishu.cn/document/server-docs/docs/wiki-v2/wiki-overview)."""

from collections.abc import AsyncIterator

from treadle.tools.builtin.call import Call
from treadle.tools.messages import Json, Message

from .client import office, paging, segment


async def get_wiki_nodes(call: Call) -> AsyncIterator[Message]:
    query = {"parent_node_token": call.text("parent_node_token") or None, **paging(call)}
    yield Json(await office(call, "GET", f"wiki/v2/spaces/{segment(call, 'space_id')}/nodes", query=query))

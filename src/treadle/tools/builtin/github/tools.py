"""Repositories on GitHub (https://docs.github.com/rest/search/search)."""

import json
from collections.abc import AsyncIterator

import msgspec

from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask
from treadle.tools.messages import Message, Text


class _Owner(msgspec.Struct):
    login: str


class _Repository(msgspec.Struct):
    name: str
    html_url: str
    owner: _Owner
    description: str | None = None
    stargazers_count: int = 0
    watchers: int = 0
    updated_at: str = ""


class _Found(msgspec.Struct):
    items: list[_Repository]


async def github_repositories(call: Call) -> AsyncIterator[Message]:
    headers = {
        "Accept": "application/vnd.github+json",
        "Authorization": f"Bearer {call.credential('access_tokens')}",
        "X-GitHub-Api-Version": call.credential("api_version"),
    }
    most = call.integer("top_n", 1, 100)
    query = {"q": call.required("query"), "sort": "stars", "per_page": most, "order": "desc"}
    found = await ask(call, _Found, "GET", f"{call.urls['api']}/search/repositories", query=query, headers=headers)
    repositories = [
        {
            "owner": each.owner.login,
            "name": each.name,
            "description": (each.description or "")[:100],
            "url": each.html_url,
            "star": each.stargazers_count,
            "watcher": each.watchers,
            "updated": each.updated_at[:10],
        }
        for each in found.items
    ]
    yield Text(json.dumps(repositories, ensure_ascii=False) if repositories else "GitHub has no such repositories.")

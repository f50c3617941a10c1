"""Parts of apps with moderation, external data and speech, and what they need on the server."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from tests.doubles.api_extension import ApiExtension
from tests.server.harness import Workbench
from treadle.server.services import Services, open_services
from treadle.settings import Settings

JsonMap = dict[str, Any]
Result = TypeVar("Result")


def near_doubles(bench: Workbench, work: Callable[[Services], Awaitable[Result]]) -> Result:
    """What `work` gives over services of this process that may reach loopback, where doubles listen."""
    settings = Settings(
        data_dir=bench.data_dir,
        database_url=bench.database_url,
        local_model=False,
        egress_allow=("127.0.0.1",),
    )

    async def opened() -> Result:
        async with open_services(settings=settings) as services:
            return await work(services)

    return asyncio.run(opened())


BLOCKED = "Let us talk about something else."
WITHDRAWN = "This answer was withdrawn."


def keywords(*words: str, inputs: bool = False, outputs: bool = False) -> JsonMap:
    """Moderation by keywords, as a feature of an app file."""
    return moderation("keywords", inputs=inputs, outputs=outputs, keywords="\n".join(words))


def moderation(kind: str, *, inputs: bool = False, outputs: bool = False, **config: Any) -> JsonMap:
    return {
        "enabled": True,
        "type": kind,
        "config": {
            "inputs_config": {"enabled": inputs, "preset_response": BLOCKED if inputs else ""},
            "outputs_config": {"enabled": outputs, "preset_response": WITHDRAWN if outputs else ""},
            **config,
        },
    }


def data_tool(variable: str, extension_id: str) -> JsonMap:
    """A variable that an API extension fills."""
    return {
        "enabled": True,
        "variable": variable,
        "type": "api",
        "label": variable,
        "config": {"api_based_extension_id": extension_id},
    }


@contextmanager
def extension(bench: Workbench, name: str) -> Iterator[tuple[ApiExtension, str]]:
    """An API extension that the workspace has registered, and its id."""
    with ApiExtension().in_thread() as double:

        async def register(services: Services) -> str:
            workspace = await services.accounts.only_workspace()
            made = await services.extensions.create(
                workspace.id, name=name, api_endpoint=double.url, api_key=double.key
            )
            return made.id

        yield double, near_doubles(bench, register)


def add_openai(bench: Workbench) -> None:
    """Let the workspace use OpenAI's models for moderation and speech: the scripted model stands in for them."""

    async def add(services: Services) -> None:
        workspace = await services.accounts.only_workspace()
        credentials = {"openai_api_key": bench.model.key, "openai_api_base": bench.model.url}
        for kind, model in (("tts", "tts-1"), ("speech2text", "whisper-1")):
            await services.models.add_model(workspace.id, "openai", kind, model, credentials, default=True)

    bench.with_services(add)

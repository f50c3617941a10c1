"""The console API: the tools of the workspace, whoever provides them (spec models-and-tools §4.8)."""

from typing import Annotated

from fastapi import Query

from treadle.server.console_api.access import AppUserDep, ServicesDep, console_router
from treadle.server.console_api.tool_shapes import ToolLabelShown, ToolProviderShown, provider_shown
from treadle.tools.providers import LABELS
from treadle.tools.sources import ProviderType

router = console_router("Tools")

_ROOT = "/workspaces/current"


@router.get(f"{_ROOT}/tool-providers")
async def providers(
    services: ServicesDep,
    signed_in: AppUserDep,
    kind: Annotated[ProviderType | None, Query(alias="type")] = None,
) -> list[ToolProviderShown]:
    """All providers of tools, without their tools."""
    found = await services.tools.providers(signed_in.workspace_id, kind)
    return [provider_shown(each, with_tools=False) for each in found]


@router.get(f"{_ROOT}/tools/{{kind}}")
async def tools(kind: ProviderType, services: ServicesDep, signed_in: AppUserDep) -> list[ToolProviderShown]:
    """The providers of one kind with their tools."""
    return [provider_shown(each) for each in await services.tools.providers(signed_in.workspace_id, kind)]


@router.get(f"{_ROOT}/tool-labels")
async def labels(_: AppUserDep) -> list[ToolLabelShown]:
    """What providers are sorted by."""
    return [
        ToolLabelShown(name=name, label={"en_US": label, "zh_Hans": label}, icon="") for name, label in LABELS.items()
    ]

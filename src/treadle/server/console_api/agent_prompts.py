"""The console API: what agents are told when they have no prompt of their own (spec models-and-tools §3.4)."""

from pydantic import BaseModel

from treadle.nodes.agent.react_prompt import CHAT_PROMPT, COMPLETION_PROMPT, GO_ON
from treadle.server.console_api.access import AppUserDep, console_router

router = console_router("Agents")


class AgentPrompts(BaseModel):
    """Of agents that work step by step: for chat models, for completion models, and what follows a step."""

    chat: str
    completion: str
    next_iteration: str


@router.get("/agent-prompts")
async def read_agent_prompts(_: AppUserDep) -> AgentPrompts:
    """The prompts that an agent has while its settings name no other."""
    return AgentPrompts(chat=CHAT_PROMPT, completion=COMPLETION_PROMPT, next_iteration=GO_ON)

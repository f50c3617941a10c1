"""Agents: a model that decides itself which tools to call, round after round, until it can answer."""

from .node import agent
from .settings import AgentConfig

__all__ = ["AgentConfig", "agent"]

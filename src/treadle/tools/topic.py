"""How processes tell each other that tools have changed."""

from typing import Final

TOOLS_TOPIC: Final = "tools"
"""The topic of `platform.changes` that is bumped when a workspace's tools or credentials change."""

"""Where one model is reached and how: what a credential, a catalogue entry and a model name come to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from treadle.engine.ports import ModelProfile

Settings: TypeAlias = Mapping[str, str | bool | int]
"""How a protocol is to behave: the catalogue's settings, overlaid by the credential's fields."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One model, ready to be called. `name` is what the workspace calls it, `upstream` what the provider does; both are
    empty where the provider itself is asked."""

    provider: str
    name: str
    upstream: str
    base_url: str
    kind: str = "llm"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    secrets: tuple[str, ...] = ()
    """Texts that no message may show."""
    settings: Settings = field(default_factory=dict[str, str | bool | int])
    profile: ModelProfile = field(default_factory=ModelProfile)
    read_timeout: float | None = None
    """Seconds of silence that end a call; None: that of the shared session."""
    batch: int = 1
    """How many texts one embedding request takes."""

    def says(self, text: str) -> str:
        """`text` as an error message: which model speaks, and no secret in it."""
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return f"[{self.provider}] {self.name}: {text}" if self.name else f"[{self.provider}] {text}"

    def command(self) -> str:
        """The command that stores a new credential for this model."""
        if not self.name:
            return f"treadle model add --provider {self.provider} --credential ..."
        return f"treadle model add --provider {self.provider} --type {self.kind} --model {self.name} --credential ..."

"""The bounds of one run, and how they read in an error."""

from dataclasses import dataclass
from pathlib import Path

MIB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """Times in seconds, sizes in bytes. `packages` is a folder of packages that code may import."""

    time: float = 15.0
    memory: int = 512 * MIB
    output: int = 10 * MIB
    inputs: int = 32 * MIB
    scratch: int = 64 * MIB
    packages: Path | None = None

    @property
    def timeout_text(self) -> str:
        return f"timeout: the code ran longer than {self.time:g} s and was stopped"

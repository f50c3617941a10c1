"""Which isolation is active on this machine, for `treadle doctor`."""

from dataclasses import dataclass

from .jail.config import Feature

__all__ = ["Feature", "SandboxReport"]

_KEEP_FILES = ("mount namespace", "Landlock")


@dataclass(frozen=True)
class SandboxReport:
    """`features` of the sandbox, each on or off with its reason.

    `python` says whether code that Monty does not cover can run at all: the jail needs seccomp, resource limits and
    one of two ways to keep files out of reach. `problem` is the sentence for people when it cannot. `unjailed` means
    that an operator switched the jail off.
    """

    features: tuple[Feature, ...]
    unjailed: bool = False
    failure: str = ""

    @property
    def problem(self) -> str:
        if self.unjailed:
            return ""
        if self.failure:
            return self.failure
        active = {feature.name for feature in self.features if feature.active}
        lacking = [name for name in ("seccomp", "no new privileges", "resource limits") if name not in active]
        if not active.intersection(_KEEP_FILES):
            lacking.append("mount namespace or Landlock")
        if not lacking:
            return ""
        reasons = "; ".join(f"{f.name}: {f.reason}" for f in self.features if not f.active)
        return f"this machine cannot isolate Python code: {', '.join(lacking)} missing ({reasons})"

    @property
    def python(self) -> bool:
        return not self.problem

"""Execution of users' code: sandboxed, bounded and fast. See docs/code-sandbox.md."""

from treadle.engine.errors import CodeExecutionError

from .report import Feature, SandboxReport
from .sandbox import CodeResult, Sandbox

__all__ = ["CodeExecutionError", "CodeResult", "Feature", "Sandbox", "SandboxReport"]

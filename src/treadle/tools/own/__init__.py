"""Tools of the operator's own: Python in a folder, beside the other code-based extensions."""

from .base import CredentialsRefused, Tool, ToolProvider
from .parameters import ToolParameter, ToolParameterOption

__all__ = ["CredentialsRefused", "Tool", "ToolParameter", "ToolParameterOption", "ToolProvider"]

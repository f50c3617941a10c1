"""What a code-based extension is: one subclass of one of these in a file of the operator's folder.

Methods may be plain or `async`; plain ones run in a thread. Source: spec models-and-tools §5.5.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import msgspec

Action = Literal["direct_output", "overridden"]


class ModerationInputsResult(msgspec.Struct):
    """What became of inputs and query. `inputs` and `query` None: as they were."""

    flagged: bool = False
    action: Action = "direct_output"
    preset_response: str = ""
    inputs: dict[str, Any] | None = None
    query: str | None = None


class ModerationOutputsResult(msgspec.Struct):
    """What became of a text. `text` counts when the action is `overridden`."""

    flagged: bool = False
    action: Action = "direct_output"
    preset_response: str = ""
    text: str = ""


class Moderation:
    """A moderation of a type of your own. `name` is that of its folder."""

    module = "moderation"
    name: ClassVar[str] = ""

    def __init__(self, app_id: str, tenant_id: str, config: Mapping[str, Any] | None = None) -> None:
        self.app_id = app_id
        self.tenant_id = tenant_id
        self.config: dict[str, Any] = dict(config or {})

    @classmethod
    def validate_config(cls, tenant_id: str, config: dict[str, Any]) -> None:
        """Raise an exception that says what is wrong with the settings."""

    def moderation_for_inputs(self, inputs: dict[str, Any], query: str = "") -> Any:
        """A ModerationInputsResult."""
        raise NotImplementedError

    def moderation_for_outputs(self, text: str) -> Any:
        """A ModerationOutputsResult."""
        raise NotImplementedError


class ExternalDataTool:
    """A source of values for form variables. `name` is that of its folder."""

    module = "external_data_tool"
    name: ClassVar[str] = ""

    def __init__(self, tenant_id: str, app_id: str, variable: str, config: Mapping[str, Any] | None = None) -> None:
        self.tenant_id = tenant_id
        self.app_id = app_id
        self.variable = variable
        self.config: dict[str, Any] = dict(config or {})

    @classmethod
    def validate_config(cls, tenant_id: str, config: dict[str, Any]) -> None:
        """Raise an exception that says what is wrong with the settings."""

    def query(self, inputs: dict[str, Any], query: str | None = None) -> Any:
        """The text that the variable becomes."""
        raise NotImplementedError

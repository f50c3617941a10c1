"""What readers of a run are told about its forms (spec service-api §4.3, workflow-engine §24)."""

from collections.abc import Callable, Mapping

from treadle.engine.events import NodeFinished, NodeStatus, PauseRequested
from treadle.engine.values import JsonValue
from treadle.nodes.human_input import ACTION_ID, ACTION_VALUE, HUMAN_INPUT, RENDERED, REQUIRED

__all__ = ["REQUIRED", "closed", "required"]

_OUTCOME = frozenset({ACTION_ID, ACTION_VALUE, RENDERED})


def required(
    event: PauseRequested, reason: Mapping[str, JsonValue], token: Callable[[str], str] | None
) -> dict[str, object] | None:
    """`human_input_required`; None for a node that waits for something else. `token` gives that of a form."""
    if reason.get("type") != REQUIRED:
        return None
    form_id = str(reason.get("form_id"))
    shown = bool(reason.get("display_in_ui"))
    members = {name: value for name, value in reason.items() if name != "type"}
    return {
        **members,
        "form_token": token(form_id) if shown and token is not None else None,
        "node_id": event.node_id,
        "node_title": event.title,
    }


def closed(event: NodeFinished) -> tuple[str, dict[str, object]] | None:
    """`human_input_form_filled` or `human_input_form_timeout`; None when the node had no form."""
    if event.node_type != HUMAN_INPUT.kind or event.status is not NodeStatus.SUCCEEDED or RENDERED not in event.outputs:
        return None
    node: dict[str, object] = {"node_id": event.node_id, "node_title": event.title}
    if ACTION_ID not in event.outputs:
        return "human_input_form_timeout", {**node, "expiration_time": event.process_data.get("expiration_time")}
    return "human_input_form_filled", {
        **node,
        "rendered_content": event.outputs[RENDERED],
        "action_id": event.outputs[ACTION_ID],
        "action_text": event.outputs.get(ACTION_VALUE),
        "submitted_data": {name: value for name, value in event.outputs.items() if name not in _OUTCOME},
    }

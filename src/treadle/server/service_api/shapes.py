"""JSON shapes of conversations, messages and files, as clients of the Service API and of published pages read them.

Source: spec service-api §3.6, §3.9.
"""

from typing import Any

import msgspec

from treadle.apps.tables import Conversation, ConversationVariable, Feedback, Message
from treadle.engine.values import File
from treadle.server.services import Services

JsonMap = dict[str, Any]

_decode = msgspec.json.Decoder().decode


def seconds(microseconds: int) -> int:
    """Whole seconds since the epoch."""
    return microseconds // 1_000_000


def iso(microseconds: int) -> str:
    """ISO 8601 in UTC, whole seconds."""
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds(microseconds), UTC).strftime("%Y-%m-%dT%H:%M:%S")


def conversation_map(row: Conversation) -> JsonMap:
    """A conversation in a list."""
    return {
        "id": row.id,
        "name": row.name,
        "inputs": _decode(row.inputs),
        "status": row.status,
        "introduction": row.introduction,
        "created_at": seconds(row.created_at),
        "updated_at": seconds(row.updated_at),
    }


def variable_map(row: ConversationVariable) -> JsonMap:
    """A conversation variable; its value is always text."""
    value = _decode(row.value)
    return {
        "id": row.id,
        "name": row.name,
        "value_type": {"integer": "number", "float": "number"}.get(row.value_type, row.value_type),
        "value": value if isinstance(value, str) else row.value,
        "description": row.description,
        "created_at": seconds(row.created_at),
        "updated_at": seconds(row.updated_at),
    }


def feedback_map(row: Feedback) -> JsonMap:
    """A feedback in the app's list."""
    return {
        "id": row.id,
        "app_id": row.app_id,
        "conversation_id": row.conversation_id,
        "message_id": row.message_id,
        "rating": row.rating,
        "content": row.content,
        "from_source": row.from_source,
        "from_end_user_id": row.end_user_id,
        "from_account_id": row.account_id,
        "created_at": iso(row.created_at),
        "updated_at": iso(row.updated_at),
    }


def message_map(row: Message, rating: str | None, services: Services) -> JsonMap:
    """A message in a list, links to its files signed anew."""
    metadata = _decode(row.message_metadata)
    return {
        "id": row.id,
        "conversation_id": row.conversation_id,
        "parent_message_id": row.parent_message_id,
        "inputs": _decode(row.inputs),
        "query": row.query,
        "answer": services.uploads.signed_again(row.answer),
        "status": row.status,
        "error": row.error,
        "message_files": [_message_file(entry, services) for entry in _decode(row.files)],
        "feedback": {"rating": rating} if rating else None,
        "retriever_resources": metadata.get("retriever_resources") or [],
        "agent_thoughts": [_thought(entry, row) for entry in _decode(row.agent_thoughts)],
        "created_at": seconds(row.created_at),
    }


def _thought(entry: JsonMap, row: Message) -> JsonMap:
    """A round of an agent; its files under both names that clients know."""
    return {
        "id": entry["id"],
        "chain_id": None,
        "message_id": row.id,
        "position": entry["position"],
        "thought": entry["thought"],
        "tool": entry["tool"],
        "tool_labels": entry["tool_labels"],
        "tool_input": entry["tool_input"],
        "observation": entry["observation"],
        "files": entry["files"],
        "message_files": entry["files"],
        "created_at": entry["created_at"],
    }


def _message_file(entry: JsonMap, services: Services) -> JsonMap:
    file = services.uploads.with_url(msgspec.convert(entry["file"], File))
    return {
        "id": file.related_id or file.id,
        "filename": file.filename,
        "type": file.type,
        "url": file.url,
        "mime_type": file.mime_type,
        "size": file.size,
        "transfer_method": file.transfer_method,
        "belongs_to": entry["belongs_to"],
    }

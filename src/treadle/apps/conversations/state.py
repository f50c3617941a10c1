"""What a conversation brings into a turn: its inputs, its variables, its place in time.

Source: spec workflow-engine §3, §4.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import msgspec

from treadle.apps.compile import CompiledApp
from treadle.apps.conversations.history import HistoryRepository, Owner
from treadle.apps.conversations.service import NEW_CONVERSATION
from treadle.apps.running.masking import open_json
from treadle.apps.running.records import ConversationRecord, VariableRecord
from treadle.apps.tables import ConversationVariable
from treadle.engine.values import Value, revive, to_text, unmarked
from treadle.nodes.basic import fill
from treadle.nodes.config import as_value
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database
from treadle.platform.ids import new_id
from treadle.platform.refusals import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationState:
    """A conversation before its next turn; `dialogue_count` counts that turn."""

    id: str
    new: bool
    name: str = NEW_CONVERSATION
    introduction: str = ""
    version_id: str = ""
    status: str = "normal"
    inputs: Mapping[str, Value] = field(default_factory=dict[str, Value])
    dialogue_count: int = 1
    stored: Mapping[str, Value] = field(default_factory=dict[str, Value])
    """Values of conversation variables by the id of their definition."""

    def begun(self, version: CompiledApp, inputs: Mapping[str, Value]) -> "ConversationState":
        """A new conversation with its inputs, and the opening that its reader saw."""
        opening = fill(version.features.opening_statement, {name: to_text(value) for name, value in inputs.items()})
        return replace(self, inputs=inputs, introduction=opening, version_id=version.version_id)

    def variables(self, version: CompiledApp) -> tuple[VariableRecord, ...]:
        """Every variable that the version declares: its stored value, else its default."""
        return tuple(
            VariableRecord(
                id=variable.id,
                name=variable.name,
                value_type=variable.value_type.value,
                value=self.stored[variable.id] if variable.id in self.stored else as_value(unmarked(variable.value)),
                description=variable.description,
                stored=variable.id in self.stored,
            )
            for variable in version.conversation_variables
        )

    def values(self, version: CompiledApp) -> dict[str, Value]:
        """The `conversation` namespace of a turn."""
        return {variable.name: variable.value for variable in self.variables(version)}

    def record(self, version: CompiledApp, inputs: Mapping[str, Value]) -> ConversationRecord:
        """What the turn writes down of its conversation."""
        return ConversationRecord(
            id=self.id,
            name=self.name,
            introduction=self.introduction,
            inputs=dict(inputs),
            dialogue_count=self.dialogue_count,
            new=self.new,
            variables=self.variables(version),
        )


def new_conversation() -> ConversationState:
    """A conversation that begins with this turn."""
    return ConversationState(id=new_id(), new=True)


async def load_conversation(db: Database, crypto: Crypto, owner: Owner, conversation_id: str) -> ConversationState:
    """A conversation to be continued. Raises NotFound for a deleted, foreign or unknown one."""
    async with db.session() as session:
        history = HistoryRepository(session)
        row = await history.conversation(owner, conversation_id)
        if row is None:
            raise NotFound("There is no such conversation.")
        variables = await history.variables(conversation_id)
    inputs = revive(msgspec.json.decode(row.inputs))
    return ConversationState(
        id=row.id,
        new=False,
        name=row.name,
        introduction=row.introduction,
        version_id=row.version_id,
        status=row.status,
        inputs=inputs if isinstance(inputs, dict) else {},
        dialogue_count=row.dialogue_count + 1,
        stored={variable.id: stored_value(variable, crypto) for variable in variables},
    )


def stored_value(row: ConversationVariable, crypto: Crypto) -> Value:
    """The true value of a stored conversation variable."""
    context = f"conversation_variables/{row.conversation_id}/{row.id}"
    return revive(open_json(row.value, row.sealed_value, crypto, context=context))

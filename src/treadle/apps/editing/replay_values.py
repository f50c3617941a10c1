"""The values that a replay begins with: those of then, and what its caller changed of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from treadle.apps.compile import CompiledApp
from treadle.apps.editing.carried import without_writes
from treadle.apps.editing.debug_values import needed_by, paths_given, resolved, with_member
from treadle.apps.editing.debugging import Person
from treadle.apps.editing.forking import with_children
from treadle.apps.editing.recorded import with_environment
from treadle.apps.editing.replay_ground import Ground
from treadle.apps.uploads import Uploads
from treadle.engine.events import NodeFinished
from treadle.engine.graph import TRIGGERS
from treadle.engine.pool import CONVERSATION, VariablePool
from treadle.engine.values import MISSING, JsonValue, Missing, Value, files_in
from treadle.nodes.inputs import InputError, validate_inputs
from treadle.platform.refusals import InvalidParam

Path = tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class Edited:
    """The values that a replay begins with."""

    ground: Ground
    inputs: dict[str, Value]
    system: dict[str, Value]
    variables: dict[str, Value]
    carried: list[NodeFinished]
    environment: dict[str, Value] = field(default_factory=dict[str, Value])
    """The environment variables that hold another value than in the version."""
    given: list[Path] = field(default_factory=list[Path])
    """What the caller changed."""

    @classmethod
    def of(cls, ground: Ground) -> "Edited":
        """The values as they were."""
        return cls(
            ground=ground,
            inputs=ground.inputs,
            system=ground.system,
            variables={each.name: each.value for each in ground.variables},
            carried=list(ground.fork.carried),
        )

    def put(self, path: Path, value: Value) -> None:
        """Have a variable hold `value`, or `value` at a place within it. Raises InvalidParam."""
        scope, name, *rest = path
        spaces = {"sys": self.system, "env": self.environment, CONVERSATION: self.variables}
        if scope in spaces:
            space = spaces[scope]
            space[name] = with_member(space.get(name, MISSING), rest, value)
            if scope == CONVERSATION:
                self.carried = [without_writes(event, name) for event in self.carried]
            return
        at = next((at for at, event in enumerate(self.carried) if event.node_id == scope), None)
        if at is None:
            raise InvalidParam(
                f"{'.'.join(path)} comes from a node that runs anew here, so it cannot be given.", param=".".join(path)
            )
        event = self.carried[at]
        outputs = {**event.outputs, name: with_member(event.outputs.get(name, MISSING), rest, value)}
        self.carried[at] = msgspec.structs.replace(event, outputs=outputs)

    @property
    def version(self) -> CompiledApp:
        """What runs, with its environment."""
        return with_environment(self.ground.version, self.ground.definition, self.environment)

    def initial_pool(self) -> VariablePool:
        """Every variable before the first node."""
        version = self.version
        scopes = {"sys": self.system, "env": version.environment, CONVERSATION: self.variables}
        return VariablePool(scopes, secrets=version.secrets)

    def pool(self) -> VariablePool:
        """Every variable as the chosen node finds it."""
        pool = self.initial_pool()
        for event in self.carried:
            for write in event.writes:
                pool.set(write.scope, write.name, write.value)
            pool.add_outputs(event.node_id, event.outputs)
        return pool


class ReplayValues:
    """Puts what callers change into the values of runs, and says what of these is no longer there."""

    def __init__(self, uploads: Uploads) -> None:
        self._uploads = uploads

    async def edited(self, ground: Ground, given: Mapping[str, JsonValue], person: Person) -> Edited:
        """The values of the ground with what the caller changed. Raises InvalidParam for one that cannot be put in."""
        files = self._uploads.for_caller(person.workspace_id, person.account_id)
        values = {name: await resolved(value, files, name) for name, value in given.items()}
        edits = paths_given(values, ground.node, ground.asked)
        edited = Edited.of(ground)
        edited.given = list(edits)
        form = {path[1]: value for path, value in edits.items() if path[0] == ground.node.id}
        if form:
            edited.inputs |= await self._form(ground, form, given, person)
        for path, value in edits.items():
            if path[0] != ground.node.id:
                edited.put(path, value)
        return edited

    async def check(self, edited: Edited, workspace_id: str) -> None:
        """Raises InvalidParam when what is to run reads a value that was not kept."""
        ground = edited.ground
        pool, gone = edited.pool(), ground.gone
        for need in needed_by(with_children(ground.view, ground.node)):
            if not need.optional and need.path[0] in gone and isinstance(pool.get(need.path), Missing):
                key = ".".join(need.path)
                raise InvalidParam(f"{key} has no recorded value: choose an earlier node.", param=key)
        for need in ground.needs:
            value, key = pool.get(need.path), ".".join(need.path)
            if need.path[0] in ground.fork.anew or isinstance(value, Missing):
                continue
            if (name := await self.lost_file(value, workspace_id)) is not None:
                raise InvalidParam(
                    f'The file "{name}" in {key} is no longer kept: give another one, or choose an earlier node.',
                    param=key,
                )

    async def lost_file(self, value: Value, workspace_id: str) -> str | None:
        """The name of a file in `value` that is no longer kept."""
        for file in files_in({"value": value}):
            stored = file.transfer_method in ("local_file", "tool_file")
            if stored and await self._uploads.stored(file.related_id or "", workspace_id) is None:
                return file.filename or file.related_id or ""
        return None

    async def _form(
        self, ground: Ground, form: Mapping[str, Value], given: Mapping[str, JsonValue], person: Person
    ) -> dict[str, Value]:
        """New inputs of the start node or the trigger."""
        if ground.node.type in TRIGGERS or ground.node.id != ground.graph.nodes[ground.graph.root].id:
            return dict(form)
        files = self._uploads.for_caller(person.workspace_id, person.account_id)
        fields = [each for each in ground.version.form if each.variable in form]
        raw = {key.removeprefix(f"{ground.node.id}."): value for key, value in given.items()}
        try:
            return await validate_inputs(fields, raw, stored=None, files=files)
        except InputError as error:
            raise InvalidParam(f"{error.message}.", param=error.variable) from error

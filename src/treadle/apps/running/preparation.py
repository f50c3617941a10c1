"""What a run starts from: the checked inputs, the variables, and who is who.

Source: spec workflow-engine §3 to §5.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from treadle.apps.compile import CompiledApp
from treadle.dsl import AppMode, Features
from treadle.engine.pool import VariablePool
from treadle.engine.values import File, JsonValue, Value
from treadle.nodes.inputs import FileResolver, InputError, validate_inputs
from treadle.platform.refusals import InvalidParam


@dataclass(frozen=True, slots=True, kw_only=True)
class RunIdentity:
    """The ids and people of one run. `user` is the caller's own name for its end user."""

    run_id: str
    app_id: str
    user: str
    at: float
    conversation_id: str = ""
    dialogue_count: int = 1


async def accept_inputs(
    version: CompiledApp,
    given: Mapping[str, JsonValue],
    *,
    stored: Mapping[str, Value] | None,
    files: FileResolver,
) -> dict[str, Value]:
    """The inputs of the form. Raises InvalidParam naming the first one at fault."""
    try:
        return await validate_inputs(version.form, given, stored=stored, files=files)
    except InputError as error:
        raise InvalidParam(f"{error.message}.", param=error.variable) from error


async def accept_files(
    version: CompiledApp, given: Sequence[Mapping[str, JsonValue]], *, files: FileResolver
) -> list[File]:
    """The files sent beside the inputs. Ignored when the app takes none; raises InvalidParam."""
    rules = _UploadRules(version.features)
    if not rules.enabled:
        return []
    wanted = [
        mapping
        for mapping in given
        if mapping.get("transfer_method") != "remote_url" or mapping.get("url") or mapping.get("remote_url")
    ]
    if len(wanted) > rules.limit:
        raise InvalidParam(f"At most {rules.limit} files can be sent with a message.", param="files")
    accepted: list[File] = []
    for mapping in wanted:
        try:
            file = await files.resolve(mapping)
        except ValueError as error:
            raise InvalidParam(f"`files`: {error}", param="files") from error
        rules.check(file, by_type=version.chooses_file_types)
        accepted.append(file)
    return accepted


class _UploadRules:
    """What an app's `file_upload` feature allows, in its newer or its older, images-only form."""

    def __init__(self, features: Features) -> None:
        upload = features.file_upload
        self.enabled = upload.enabled or upload.image.enabled
        self.limit = upload.number_limits if upload.enabled else upload.image.number_limits
        self.methods = set(upload.allowed_file_upload_methods if upload.enabled else upload.image.transfer_methods)
        self.types = {str(kind) for kind in upload.allowed_file_types} if upload.enabled else {"image"}
        self.extensions = {extension.lower().lstrip(".") for extension in upload.allowed_file_extensions}

    def check(self, file: File, *, by_type: bool) -> None:
        """Raises InvalidParam for a file that the app does not take."""
        if file.transfer_method != "tool_file" and self.methods and file.transfer_method not in self.methods:
            raise InvalidParam(f"`files`: this app takes no files sent as {file.transfer_method}.", param="files")
        extension = (file.extension or "").lower().lstrip(".")
        custom = "custom" in self.types and (not self.extensions or extension in self.extensions)
        if by_type and self.types and file.type not in self.types and not custom:
            raise InvalidParam(f"`files`: this app takes no files of type {file.type}.", param="files")


def build_pool(
    version: CompiledApp,
    identity: RunIdentity,
    *,
    query: str,
    files: Sequence[File],
    conversation: Mapping[str, Value],
    more: Mapping[str, Value] | None = None,
    asked: Mapping[str, Value] | None = None,
) -> VariablePool:
    """The variables that exist before the first node runs; `more` are system variables, `asked` those of a pipeline's
    form."""
    system: dict[str, Value] = {
        "files": list(files),
        "user_id": identity.user,
        "app_id": identity.app_id,
        "workflow_id": version.version_id,
        "workflow_run_id": identity.run_id,
    }
    if version.mode is AppMode.WORKFLOW:
        system["timestamp"] = int(identity.at)
    else:
        system["query"] = query
        system["conversation_id"] = identity.conversation_id
        system["dialogue_count"] = identity.dialogue_count
    return VariablePool(
        {
            "sys": {**system, **(more or {})},
            "env": version.environment,
            "conversation": conversation,
            "rag": asked or {},
        },
        secrets=version.secrets,
    )

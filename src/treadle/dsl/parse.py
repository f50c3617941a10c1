"""Reading an app file: text in, an `AppFile` or the reasons why not out (app-dsl §2 to §4)."""

from dataclasses import dataclass, field

from pydantic import JsonValue

from treadle.dsl.app_file import DEFAULT_ICON, DEFAULT_ICON_BACKGROUND, AppFile, AppMode, WorkflowFile
from treadle.dsl.features import features_view
from treadle.dsl.model_settings import ModelConfig
from treadle.dsl.problems import Problem, ProblemKind, has_errors, kind_of_value
from treadle.dsl.reader import read_yaml
from treadle.dsl.sections import JsonMap
from treadle.dsl.variables import read_conversation_variables, read_environment_variables
from treadle.dsl.versions import CURRENT_VERSION, FIRST_VERSION, PIPELINE_VERSION, ImportStatus, import_status

_ICON_TYPES = ("emoji", "image", "link")


@dataclass(slots=True)
class Parsed:
    """What a file is. `app` is None exactly when `status` is failed; `problems` then holds an error."""

    app: AppFile | None
    status: ImportStatus
    imported_version: str
    problems: list[Problem] = field(default_factory=list[Problem])

    @property
    def is_pipeline(self) -> bool:
        """Whether the file is no app because it is a knowledge pipeline; see `parse_pipeline`."""
        return any(problem.kind is ProblemKind.NOT_AN_APP and problem.where == "kind" for problem in self.problems)

    @property
    def error(self) -> str:
        """The first error's sentence, empty when there is none."""
        return next((problem.message for problem in self.problems if problem.severity == "error"), "")


def parse(text: str | bytes) -> Parsed:
    """Reads an app file; never raises.

    The status follows the versions alone (app-dsl §2.2) unless something is wrong: then it is failed. A
    pending app must be confirmed by a person before it is created. The graph is not checked: see
    `check_structure`.
    """
    read = read_yaml(text)
    if has_errors(read.problems):
        return Parsed(None, ImportStatus.FAILED, "", read.problems)
    reading = _Reading(read.problems)
    app = reading.app(read.data)
    if app is None or has_errors(reading.problems):
        return Parsed(None, ImportStatus.FAILED, reading.version, reading.problems)
    status = import_status(reading.version)
    if status is not ImportStatus.COMPLETED:
        reading.problems.append(_other_version(reading.version, status))
    return Parsed(app, status, reading.version, reading.problems)


def parse_pipeline(text: str | bytes) -> Parsed:
    """Reads the file of a knowledge pipeline (app-dsl §8.5) as a workflow with `pipeline_variables`; never raises."""
    read = read_yaml(text)
    if has_errors(read.problems):
        return Parsed(None, ImportStatus.FAILED, "", read.problems)
    reading = _Reading(read.problems)
    app = reading.pipeline(read.data)
    if app is None or has_errors(reading.problems):
        return Parsed(None, ImportStatus.FAILED, "", reading.problems)
    return Parsed(app, ImportStatus.COMPLETED, app.version, reading.problems)


def _other_version(imported: str, status: ImportStatus) -> Problem:
    if status is ImportStatus.PENDING:
        rest = "confirm the import to go on, and check the app afterwards"
    else:
        rest = "settings it does not have take their defaults"
    return Problem(
        kind=ProblemKind.OTHER_VERSION,
        severity="warning",
        where="version",
        message=f"The file has version {imported} and this installation writes {CURRENT_VERSION}: {rest}.",
    )


class _Reading:
    """Collects problems while the parts of one file are read; a part that is wrong is read as None."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        self.version = ""

    def app(self, data: JsonValue) -> AppFile | None:
        if data is None:
            self._error(ProblemKind.EMPTY, "file", "The file is empty: export the app again.")
            return None
        if not isinstance(data, dict):
            reason = f"The file holds {kind_of_value(data)} where a map with version, app and workflow is needed."
            self._error(ProblemKind.ROOT_NOT_MAP, "file", reason)
            return None
        self._read_version(data.get("version"))
        section = self._app_section(data)
        mode = self._mode(section) if section is not None else None
        if section is None or mode is None:
            return None
        app = AppFile(mode=mode, version=self.version, dependencies=self._dependencies(data.get("dependencies")))
        self._read_looks(app, section)
        if mode.has_graph:
            app.workflow = self._workflow(data, mode)
        else:
            app.model_config = self._model_config(data, mode)
        return app

    def pipeline(self, data: JsonValue) -> AppFile | None:
        section = data.get("rag_pipeline") if isinstance(data, dict) else None
        if not isinstance(data, dict) or not isinstance(section, dict):
            reason = "This is no knowledge pipeline: the file needs `kind: rag_pipeline` and the map `rag_pipeline`."
            self._error(ProblemKind.NOT_AN_APP, "rag_pipeline", reason)
            return None
        version = data.get("version")
        app = AppFile(
            mode=AppMode.WORKFLOW,
            version=version if isinstance(version, str) else PIPELINE_VERSION,
            dependencies=self._dependencies(data.get("dependencies")),
        )
        self._read_looks(app, section)
        app.workflow = self._workflow(data, AppMode.WORKFLOW)
        workflow = data.get("workflow")
        if app.workflow is not None and isinstance(workflow, dict):
            app.workflow.pipeline_variables = self._questions(workflow.get("rag_pipeline_variables"))
        return app

    def _questions(self, value: JsonValue) -> list[JsonMap]:
        """What a pipeline asks for: maps, each with the name of its variable."""
        listed = value if isinstance(value, list) else []
        found = [item for item in listed if isinstance(item, dict) and isinstance(item.get("variable"), str)]
        if len(found) != len(listed) or (value is not None and not isinstance(value, list)):
            where = "workflow.rag_pipeline_variables"
            self._error(ProblemKind.BAD_FIELD, where, f"{where} must be a list of maps that each name a `variable`.")
        return found

    def _error(self, kind: ProblemKind, where: str, message: str) -> None:
        self.problems.append(Problem(kind=kind, severity="error", where=where, message=message))

    def _read_version(self, version: JsonValue) -> None:
        if version is None or version == "":
            self.version = FIRST_VERSION
        elif not isinstance(version, str):
            self.version = str(version)[:60]
            reason = (
                f'version must be text, but is {kind_of_value(version)}: put it in quotes, as in "{CURRENT_VERSION}".'
            )
            self._error(ProblemKind.BAD_VERSION, "version", reason)
        else:
            self.version = version
            if import_status(version) is ImportStatus.FAILED:
                reason = f'version "{version[:40]}" is no version number: write it as in "{CURRENT_VERSION}".'
                self._error(ProblemKind.BAD_VERSION, "version", reason)

    def _app_section(self, data: JsonMap) -> JsonMap | None:
        section = data.get("app")
        if isinstance(section, dict):
            return section
        if "rag_pipeline" in data:
            reason = (
                "This is a knowledge pipeline, not an app: import it in the console under Knowledge, "
                "Create from a pipeline, Import a file."
            )
            self._error(ProblemKind.NOT_AN_APP, "kind", reason)
        elif section is None:
            self._error(ProblemKind.NO_APP, "app", "app is missing: add the map with the app's name and mode.")
        else:
            reason = f"app must be a map with the app's name and mode, but is {kind_of_value(section)}."
            self._error(ProblemKind.NO_APP, "app", reason)
        return None

    def _mode(self, section: JsonMap) -> AppMode | None:
        mode = section.get("mode")
        known = ", ".join(AppMode)
        if mode is None or mode == "":
            self._error(ProblemKind.NO_MODE, "app.mode", f"app.mode is missing: write one of {known}.")
            return None
        if not isinstance(mode, str) or mode not in list(AppMode):
            shown = f'"{mode[:40]}"' if isinstance(mode, str) else kind_of_value(mode)
            self._error(ProblemKind.UNKNOWN_MODE, "app.mode", f"app.mode must be one of {known}, but is {shown}.")
            return None
        return AppMode(mode)

    def _read_looks(self, app: AppFile, section: JsonMap) -> None:
        app.name = self._text(section, "name", "")
        app.description = self._text(section, "description", "")
        app.icon = self._text(section, "icon", DEFAULT_ICON) or DEFAULT_ICON
        icon_type = self._text(section, "icon_type", "")
        app.icon_type = icon_type if icon_type in _ICON_TYPES else None
        app.icon_background = self._text(section, "icon_background", DEFAULT_ICON_BACKGROUND)
        as_answer_icon = section.get("use_icon_as_answer_icon")
        if as_answer_icon is not None and not isinstance(as_answer_icon, bool):
            where = "app.use_icon_as_answer_icon"
            reason = f"{where} must be true or false, but is {kind_of_value(as_answer_icon)}."
            self._error(ProblemKind.BAD_FIELD, where, reason)
        app.use_icon_as_answer_icon = as_answer_icon is True

    def _text(self, section: JsonMap, key: str, default: str) -> str:
        value = section.get(key)
        if value is None:
            return default
        if isinstance(value, str):
            return value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        self._error(ProblemKind.BAD_FIELD, f"app.{key}", f"app.{key} must be text, but is {kind_of_value(value)}.")
        return default

    def _dependencies(self, value: JsonValue) -> list[JsonValue]:
        if value is None or isinstance(value, list):
            return value or []
        reason = f"dependencies must be a list, but is {kind_of_value(value)}."
        self._error(ProblemKind.BAD_FIELD, "dependencies", reason)
        return []

    def _part(self, data: JsonMap, key: str, mode: AppMode, kind: ProblemKind) -> JsonMap | None:
        part = data.get(key)
        if isinstance(part, dict):
            return part
        state = "is missing" if part is None else f"is {kind_of_value(part)}"
        self._error(kind, key, f"{key} {state}: an app of mode {mode} needs a map there.")
        return None

    def _model_config(self, data: JsonMap, mode: AppMode) -> ModelConfig | None:
        raw = self._part(data, "model_config", mode, ProblemKind.NO_MODEL_CONFIG)
        if raw is None:
            return None
        config, problems = ModelConfig.read(raw)
        self.problems += problems
        return config

    def _workflow(self, data: JsonMap, mode: AppMode) -> WorkflowFile | None:
        raw = self._part(data, "workflow", mode, ProblemKind.NO_WORKFLOW)
        if raw is None:
            return None
        workflow = WorkflowFile(graph=self._graph(raw.get("graph")), features=self._map(raw, "features"))
        workflow.environment_variables, environment = read_environment_variables(raw.get("environment_variables"))
        workflow.conversation_variables, conversation = read_conversation_variables(raw.get("conversation_variables"))
        _, features = features_view(workflow.features, chat=mode is AppMode.ADVANCED_CHAT)
        self.problems += [*environment, *conversation, *features]
        return workflow

    def _map(self, section: JsonMap, key: str) -> JsonMap:
        value = section.get(key)
        if value is None or isinstance(value, dict):
            return value or {}
        where = f"workflow.{key}"
        self._error(ProblemKind.BAD_FIELD, where, f"{where} must be a map, but is {kind_of_value(value)}.")
        return {}

    def _graph(self, raw: JsonValue) -> JsonMap:
        graph = self._map({"graph": raw}, "graph")
        for key in ("nodes", "edges"):
            value = graph.get(key)
            if value is not None and not isinstance(value, list):
                where = f"workflow.graph.{key}"
                self._error(ProblemKind.BAD_FIELD, where, f"{where} must be a list, but is {kind_of_value(value)}.")
        return graph

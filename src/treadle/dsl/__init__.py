"""App files: read, checked, brought to today's shapes and written. Pure: no database, network or clock.

`parse` gives an `AppFile`, `graph_view` and `features_view` its typed readings, `check_structure` what is wrong
with it, and `dump` the text again.
"""

from treadle.dsl.app_file import AppFile, AppMode, WorkflowFile
from treadle.dsl.dataset_ids import open_dataset_id, seal_dataset_id, with_open_dataset_ids
from treadle.dsl.dependencies import derive_dependencies, file_dependencies
from treadle.dsl.export import dump, dump_pipeline
from treadle.dsl.features import FEATURE_DEFAULTS, Features, features_view, with_feature_defaults
from treadle.dsl.graph_view import DefaultValue, EdgeView, ErrorStrategy, GraphView, NodeView, Retry, graph_view
from treadle.dsl.model_settings import ModelConfig
from treadle.dsl.parse import Parsed, parse, parse_pipeline
from treadle.dsl.problems import Problem, ProblemKind, Severity, has_errors
from treadle.dsl.providers import normalise_provider, normalise_tool_provider, plugin_of
from treadle.dsl.reader import MAX_BYTES
from treadle.dsl.sections import JsonMap
from treadle.dsl.structure import PARALLEL_DEPTH_LIMIT, check_structure
from treadle.dsl.variables import (
    MAX_VARIABLE_BYTES,
    ConversationType,
    ConversationVariable,
    EnvironmentType,
    EnvironmentVariable,
    read_conversation_variables,
    read_environment_variables,
)
from treadle.dsl.versions import CURRENT_VERSION, ImportStatus, Version, import_status, parse_version

__all__ = [
    "CURRENT_VERSION",
    "FEATURE_DEFAULTS",
    "MAX_BYTES",
    "MAX_VARIABLE_BYTES",
    "PARALLEL_DEPTH_LIMIT",
    "AppFile",
    "AppMode",
    "ConversationType",
    "ConversationVariable",
    "DefaultValue",
    "EdgeView",
    "EnvironmentType",
    "EnvironmentVariable",
    "ErrorStrategy",
    "Features",
    "GraphView",
    "ImportStatus",
    "JsonMap",
    "ModelConfig",
    "NodeView",
    "Parsed",
    "Problem",
    "ProblemKind",
    "Retry",
    "Severity",
    "Version",
    "WorkflowFile",
    "check_structure",
    "derive_dependencies",
    "dump",
    "dump_pipeline",
    "features_view",
    "file_dependencies",
    "graph_view",
    "has_errors",
    "import_status",
    "normalise_provider",
    "normalise_tool_provider",
    "open_dataset_id",
    "parse",
    "parse_pipeline",
    "parse_version",
    "plugin_of",
    "read_conversation_variables",
    "read_environment_variables",
    "seal_dataset_id",
    "with_feature_defaults",
    "with_open_dataset_ids",
]

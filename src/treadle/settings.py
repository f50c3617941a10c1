"""Every setting, once. Read from environment variables named TREADLE_<FIELD>, upper case.

Limits that operators of Dify know answer to their names there too. docs/settings.md lists all.
"""

import os
import re
import sys
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

_MIB = 1024 * 1024


def default_data_dir() -> Path:
    """The folder for user data of this platform: XDG on Linux, Application Support on macOS, AppData on Windows."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "Treadle"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "Treadle"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "treadle"


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


Names: TypeAlias = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
"""Texts, parted by commas in the environment."""


ORIGIN = re.compile(r"\*|https?://(\*\.)?[\w-]+(\.[\w-]+)*(:\d{1,5})?", re.ASCII)
"""A web site as a content security policy names it; `*` is any."""


def _checked_origins(origins: tuple[str, ...]) -> tuple[str, ...]:
    for origin in origins:
        if not ORIGIN.fullmatch(origin):
            raise ValueError(f"{origin!r} is no origin; write https://example.com, without a path, or *")
    return origins


Origins: TypeAlias = Annotated[Names, AfterValidator(_checked_origins)]
"""Web sites that may frame pages."""


def _known_as(name: str, *operator_names: str) -> AliasChoices:
    """Field `name` by its own variable, else by those that operators of Dify, or of OpenTelemetry, know."""
    return AliasChoices(f"TREADLE_{name.upper()}", *operator_names)


def _limit(name: str, operator_name: str, default: float, description: str, *, ge: float = 1) -> Any:
    return Field(default, ge=ge, description=description, validation_alias=_known_as(name, operator_name))


def _text(name: str, operator_name: str, description: str, *, secret: bool = False) -> Any:
    return Field("", repr=not secret, description=description, validation_alias=_known_as(name, operator_name))


def _switch(name: str, operator_name: str, default: bool, description: str) -> Any:
    return Field(default, description=description, validation_alias=_known_as(name, operator_name))


class Settings(BaseSettings):
    """The settings of one process. Commands that take options override fields: `Settings(port=8800)`."""

    model_config = SettingsConfigDict(
        env_prefix="TREADLE_", populate_by_name=True, extra="ignore", frozen=True, str_strip_whitespace=True
    )

    data_dir: Path = Field(
        default_factory=default_data_dir,
        description="Folder of database, files and key. Default: the user data folder of the platform.",
    )
    host: str = Field("127.0.0.1", description="Address to listen on. 0.0.0.0 listens on all.")
    port: int = Field(8700, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    workers: int = Field(1, ge=1, description="Server processes that share the port.")
    public_url: str = Field(
        "", description="Base URL under which people reach this server, for links. Default: http://HOST:PORT."
    )
    embed_origins: Origins = Field(
        ("*",),
        description="Web sites that may show published apps in a frame: origins such as https://example.com or "
        "https://*.example.com, parted by commas. `*` allows any, an empty value none.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least severe message logged.")
    compat: Literal["classic", "newest"] = Field(
        "classic", description="Which release of the reference deletions answer like: with a result, or with 204."
    )
    environment: str = Field("PRODUCTION", description="The name of this deployment, sent as X-Env.")
    local_model: bool = Field(True, description="Offer the small local language model where it is installed.")

    database_url: str = Field(
        "", description="sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME. Default: treadle.db in data_dir."
    )
    database_pool_size: int = Field(10, ge=1, description="Database connections kept open by one process.")
    vector_store: str = Field(
        "embedded",
        pattern=r"^(embedded|pgvector|milvuss?://.+)$",
        description="Where the vectors of new knowledge bases are kept: embedded (in the records), pgvector (in the "
        "records, by that extension of PostgreSQL), or milvus://HOST:PORT.",
        repr=False,
    )
    vector_memory: int = Field(
        512, ge=16, description="MiB that the arrays of searched knowledge bases may take in one process."
    )
    files_url: str = Field(
        "",
        description="Where files are kept: file:///FOLDER, s3://BUCKET/PREFIX, gs://BUCKET or az://CONTAINER. "
        "Default: the folder files in data_dir.",
    )
    files_options: dict[str, str] = Field(
        {},
        description='Options of the file store as JSON, such as {"endpoint": "http://minio:9000"}; '
        "AWS_*, GOOGLE_* and AZURE_* variables are read too.",
    )
    secret_key_file: Path | None = Field(
        None, description="File with the key that encrypts stored secrets; made with mode 0600. Default: in data_dir."
    )

    egress_allow: Names = Field(
        (),
        description="Addresses, networks (10.0.0.0/8) and host names (wiki.corp, *.corp), each with an "
        "optional :port, parted by commas, that apps may reach although they are private.",
    )
    egress_timeout: float = Field(600, gt=0, description="Seconds that one outbound request of an app may take.")

    mcp_stdio_commands: tuple[str, ...] = Field(
        (),
        description="Programs that may be started as MCP servers: a JSON list of exact command lines, such as "
        '["npx -y @modelcontextprotocol/server-time"].',
    )

    session_days: int = Field(30, ge=1, description="Days until a console session ends.")
    invite_expiry_hours: int = Field(
        72, ge=1, description="Hours until the link of an invitation opens nothing any more.",
        validation_alias=_known_as("invite_expiry_hours", "INVITE_EXPIRY_HOURS"),
    )  # fmt: skip
    enable_email_password_login: bool = _switch(
        "enable_email_password_login", "ENABLE_EMAIL_PASSWORD_LOGIN", True, "People may sign in with a password."
    )
    enable_email_code_login: bool = _switch(
        "enable_email_code_login", "ENABLE_EMAIL_CODE_LOGIN", False,
        "People may sign in with a code that is mailed to them. Needs a mail server.",
    )  # fmt: skip
    allow_register: bool = _switch(
        "allow_register", "ALLOW_REGISTER", False,
        "Anybody may make an account, with a code by mail or by a sign-in service, and gets a workspace. Codes need a "
        "mail server.",
    )  # fmt: skip
    allow_create_workspace: bool = _switch(
        "allow_create_workspace", "ALLOW_CREATE_WORKSPACE", False, "People may make further workspaces."
    )
    github_client_id: str = _text("github_client_id", "GITHUB_CLIENT_ID", "Client of GitHub that people sign in by.")
    github_client_secret: str = _text(
        "github_client_secret", "GITHUB_CLIENT_SECRET", "The secret of that client.", secret=True
    )
    github_url: str = Field("https://github.com", description="Where that GitHub is: another one for Enterprise.")
    google_client_id: str = _text("google_client_id", "GOOGLE_CLIENT_ID", "Client of Google that people sign in by.")
    google_client_secret: str = _text(
        "google_client_secret", "GOOGLE_CLIENT_SECRET", "The secret of that client.", secret=True
    )
    oidc_issuer: str = Field(
        "", description="The issuer of an OpenID Connect service that people sign in by, such as "
        "https://login.example.com/realms/work. Its redirect address is PUBLIC_URL/console/api/oauth/authorize/oidc.",
    )  # fmt: skip
    oidc_client_id: str = Field("", description="Our client at that service.")
    oidc_client_secret: str = Field("", repr=False, description="The secret of that client; empty for a public one.")
    oidc_name: str = Field("Single sign-on", max_length=64, description="What the button for that service says.")
    oidc_trust_email: bool = Field(
        False, description="Addresses of that service count as verified where it does not say."
    )
    init_password: str = Field(
        "", max_length=30, repr=False,
        description="Password that the page of the first set-up asks for, where the server can be reached by others.",
        validation_alias=_known_as("init_password", "INIT_PASSWORD"),
    )  # fmt: skip
    login_attempts: int = Field(5, ge=1, description="Failed sign-ins for one address before it is locked.")
    login_lockout_seconds: int = Field(
        900, ge=1, description="Seconds that an address stays locked after too many failed sign-ins.",
        validation_alias=_known_as("login_lockout_seconds", "LOGIN_LOCKOUT_DURATION"),
    )  # fmt: skip

    recorder_flush_interval: float = Field(
        0.1, gt=0, description="Seconds until records that nobody waits for are written."
    )
    recorder_tick: float = Field(0.1, gt=0, description="Seconds until a run that goes on appears in the logs.")
    recorder_max_pending: int = Field(
        50_000, ge=100, description="Records waiting to be written above which no new run starts."
    )
    tracing_interval: float = Field(
        5, gt=0, description="Seconds between two looks at what waits to be sent to tracing services.",
        validation_alias=_known_as("tracing_interval", "TRACE_QUEUE_MANAGER_INTERVAL"),
    )  # fmt: skip
    tracing_batch_size: int = Field(
        100, ge=1, le=1000, description="Runs that are sent to a tracing service in one request, at most.",
        validation_alias=_known_as("tracing_batch_size", "TRACE_QUEUE_MANAGER_BATCH_SIZE"),
    )  # fmt: skip
    enable_otel: bool = _switch(
        "enable_otel", "ENABLE_OTEL", False, "Send the runs of all apps to a collector of OpenTelemetry traces."
    )
    otlp_base_endpoint: str = Field(
        "http://localhost:4318", pattern="^https?://", description="The collector, without `/v1/traces`.",
        validation_alias=_known_as("otlp_base_endpoint", "OTLP_BASE_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"),
    )  # fmt: skip
    otlp_trace_endpoint: str = Field(
        "", pattern="^(https?://.*)?$", description="The whole address for traces, where it is another.",
        validation_alias=_known_as("otlp_trace_endpoint", "OTLP_TRACE_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"),
    )  # fmt: skip
    otlp_api_key: str = Field(
        "", repr=False, description="A key that the collector gets as a bearer token.",
        validation_alias=_known_as("otlp_api_key", "OTLP_API_KEY"),
    )  # fmt: skip
    otlp_headers: str = Field(
        "", repr=False, pattern=r"^\s*([\w-]+=[^,]*(,\s*[\w-]+=[^,]*)*,?\s*)?$",
        description="More headers for the collector, `name=value,name=value`.",
        validation_alias=_known_as("otlp_headers", "OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS"),
    )  # fmt: skip
    otel_service_name: str = Field(
        "treadle", description="What the collector shows the runs under.",
        validation_alias=_known_as("otel_service_name", "OTEL_SERVICE_NAME"),
    )  # fmt: skip
    otel_sampling_rate: float = Field(
        1.0, ge=0, le=1, description="Which part of the runs the collector gets, from 0 to 1.",
        validation_alias=_known_as("otel_sampling_rate", "OTEL_SAMPLING_RATE", "OTEL_TRACES_SAMPLER_ARG"),
    )  # fmt: skip
    run_lease_seconds: float = Field(
        10, gt=0, description="Seconds after the death of a process until another one takes up its runs."
    )
    run_max_attempts: int = Field(3, ge=1, description="Processes that may die over one run before it is given up.")

    max_request_body: int = Field(
        15 * _MIB, ge=1024, description="Bytes of a request body, uploads excepted (they have limits of their own)."
    )
    trigger_url: str = Field(
        "", description="Base URL of webhook addresses. Default: public_url.",
        validation_alias=_known_as("trigger_url", "TRIGGER_URL"),
    )  # fmt: skip
    webhook_request_body_max_size: int = _limit(
        "webhook_request_body_max_size", "WEBHOOK_REQUEST_BODY_MAX_SIZE", 10 * _MIB,
        "Bytes of a request to a webhook.",
    )  # fmt: skip
    smtp_host: str = Field("", description="Mail server. Without one no mail is sent.")
    smtp_port: int = Field(587, ge=1, le=65535, description="Port of the mail server.")
    smtp_security: Literal["none", "starttls", "tls"] = Field(
        "starttls", description="How the connection to the mail server is secured."
    )
    smtp_user: str = Field("", description="User at the mail server, where it asks for one.")
    smtp_password: str = Field("", description="Password of that user.", repr=False)
    smtp_from: str = Field("treadle@localhost", description="Sender of mails.")
    smtp_ca_file: Path | None = Field(
        None, description="Certificates that the mail server may show, instead of those of the system."
    )
    webhook_rate_limit: int = Field(
        6000, ge=0, description="Webhook requests a minute for one workspace; further ones get 404. 0 sets no limit."
    )
    app_max_active_requests: int = _limit(
        "app_max_active_requests", "APP_MAX_ACTIVE_REQUESTS", 0,
        "Runs of one app at a time, over which callers get 429; 0 sets no limit.", ge=0,
    )  # fmt: skip
    app_default_active_requests: int = _limit(
        "app_default_active_requests", "APP_DEFAULT_ACTIVE_REQUESTS", 0,
        "The limit of an app that sets none itself; 0 sets no limit.", ge=0,
    )  # fmt: skip
    app_max_execution_time: float = _limit(
        "app_max_execution_time", "APP_MAX_EXECUTION_TIME", 1200, "Seconds after which a request is stopped."
    )
    workflow_max_execution_steps: int = _limit(
        "workflow_max_execution_steps", "WORKFLOW_MAX_EXECUTION_STEPS", 500,
        "Nodes that one run may start, those inside iterations and loops included.",
    )  # fmt: skip
    workflow_max_execution_time: float = _limit(
        "workflow_max_execution_time", "WORKFLOW_MAX_EXECUTION_TIME", 1200, "Seconds after which a run fails."
    )

    moderation_buffer_size: int = _limit(
        "moderation_buffer_size", "MODERATION_BUFFER_SIZE", 300,
        "Characters of an answer after which its moderation looks at it again.",
    )  # fmt: skip
    annotation_import_file_size_limit: float = _limit(
        "annotation_import_file_size_limit", "ANNOTATION_IMPORT_FILE_SIZE_LIMIT", 2,
        "MiB of a CSV file of annotations.",
    )  # fmt: skip
    annotation_import_max_records: int = _limit(
        "annotation_import_max_records", "ANNOTATION_IMPORT_MAX_RECORDS", 10_000,
        "Annotations in one CSV file.",
    )  # fmt: skip
    annotation_import_rate_limit_per_minute: int = _limit(
        "annotation_import_rate_limit_per_minute", "ANNOTATION_IMPORT_RATE_LIMIT_PER_MINUTE", 5,
        "Files of annotations that a workspace may import in a minute.",
    )  # fmt: skip
    annotation_import_rate_limit_per_hour: int = _limit(
        "annotation_import_rate_limit_per_hour", "ANNOTATION_IMPORT_RATE_LIMIT_PER_HOUR", 20,
        "Files of annotations that a workspace may import in an hour.",
    )  # fmt: skip
    annotation_import_max_concurrent: int = _limit(
        "annotation_import_max_concurrent", "ANNOTATION_IMPORT_MAX_CONCURRENT", 5,
        "Imports of annotations that may go on in a workspace at a time.",
    )  # fmt: skip
    prompt_generation_max_tokens: int = _limit(
        "prompt_generation_max_tokens", "PROMPT_GENERATION_MAX_TOKENS", 512,
        "Tokens of a prompt that a model writes for a builder.",
    )  # fmt: skip
    code_generation_max_tokens: int = _limit(
        "code_generation_max_tokens", "CODE_GENERATION_MAX_TOKENS", 1024,
        "Tokens of code that a model writes for a builder.",
    )  # fmt: skip
    extensions_dir: Path | None = Field(
        None,
        description="Folder of code-based extensions and tools. Their Python runs in the server with all its rights: "
        "only the operator may write there.",
    )

    model_catalogue_dir: Path | None = Field(
        None,
        description="Folder of model providers of your own, a YAML file each. One that is named as one of Treadle's "
        "replaces it.",
    )

    code_max_string_length: int = _limit(
        "code_max_string_length", "CODE_MAX_STRING_LENGTH", 400_000, "Characters of a text that a code node returns."
    )
    code_max_number: int = Field(
        9_223_372_036_854_775_807, description="Greatest number that a code node may return.",
        validation_alias=_known_as("code_max_number", "CODE_MAX_NUMBER"),
    )  # fmt: skip
    code_min_number: int = Field(
        -9_223_372_036_854_775_807, description="Least number that a code node may return.",
        validation_alias=_known_as("code_min_number", "CODE_MIN_NUMBER"),
    )  # fmt: skip
    code_max_precision: int = _limit(
        "code_max_precision", "CODE_MAX_PRECISION", 20, "Decimals of a number that a code node returns."
    )
    code_max_depth: int = _limit("code_max_depth", "CODE_MAX_DEPTH", 5, "Levels of an object that a code node returns.")
    code_max_string_array_length: int = _limit(
        "code_max_string_array_length", "CODE_MAX_STRING_ARRAY_LENGTH", 30,
        "Items of a list of texts that a code node returns.",
    )  # fmt: skip
    code_max_object_array_length: int = _limit(
        "code_max_object_array_length", "CODE_MAX_OBJECT_ARRAY_LENGTH", 30,
        "Items of a list of objects that a code node returns.",
    )  # fmt: skip
    code_max_number_array_length: int = _limit(
        "code_max_number_array_length", "CODE_MAX_NUMBER_ARRAY_LENGTH", 1000,
        "Items of a list of numbers that a code node returns.",
    )  # fmt: skip
    template_transform_max_length: int = _limit(
        "template_transform_max_length", "TEMPLATE_TRANSFORM_MAX_LENGTH", 400_000,
        "Characters that a template node may make.",
    )  # fmt: skip

    ingest_parallel: int = Field(4, ge=1, description="Documents that one process indexes at a time.")
    ingest_readers: int = Field(2, ge=1, description="Processes that read the files of documents.")
    indexing_max_segmentation_tokens_length: int = _limit(
        "indexing_max_segmentation_tokens_length", "INDEXING_MAX_SEGMENTATION_TOKENS_LENGTH", 4000,
        "Characters that a chunk of a document may be set to have at most.", ge=50,
    )  # fmt: skip
    dataset_max_segments_per_request: int = _limit(
        "dataset_max_segments_per_request", "DATASET_MAX_SEGMENTS_PER_REQUEST", 0,
        "Chunks that one request may add to a document; 0 for any number.", ge=0,
    )  # fmt: skip
    notion_integration_type: Literal["public", "internal"] = Field(
        "public",
        description="How workspaces get at Notion: by signing in there, or by the one secret of this server.",
        validation_alias=_known_as("notion_integration_type", "NOTION_INTEGRATION_TYPE"),
    )
    notion_api_url: str = Field(
        "https://api.notion.com/v1", description="Address of Notion's API, for a gateway that stands in between."
    )
    notion_client_id: str = Field(
        "", description="Id of the integration that is registered with Notion.",
        validation_alias=_known_as("notion_client_id", "NOTION_CLIENT_ID"),
    )  # fmt: skip
    notion_client_secret: str = Field(
        "", description="Secret of that integration.", repr=False,
        validation_alias=_known_as("notion_client_secret", "NOTION_CLIENT_SECRET"),
    )  # fmt: skip
    notion_internal_secret: str = Field(
        "", description="Secret of an internal integration of Notion.", repr=False,
        validation_alias=_known_as("notion_internal_secret", "NOTION_INTERNAL_SECRET"),
    )  # fmt: skip
    embedding_cache_days: int = _limit(
        "embedding_cache_days", "PLAN_SANDBOX_CLEAN_DAY_SETTING", 30,
        "Days that the vector of a text is kept, so that it is not paid for again; 0 keeps all.", ge=0,
    )  # fmt: skip

    clean_unused_datasets: bool = _switch(
        "clean_unused_datasets", "ENABLE_CLEAN_UNUSED_DATASETS_TASK", False,
        "Once a day, switch off the documents of knowledge bases that nobody asked or changed for long.",
    )  # fmt: skip
    unused_dataset_days: int = Field(
        30, ge=1, description="Days without a question or a change after which a knowledge base counts as unused."
    )

    code_packages: Path | None = Field(
        None, description="Folder of Python packages that code nodes may import besides the standard library."
    )
    code_time_limit: float = Field(15, gt=0, description="Seconds that a code node may run.")
    code_memory_limit: int = Field(512, ge=64, description="MiB of memory that a code node may use.")
    code_workers: int = Field(4, ge=1, description="Code nodes that run at once in one process; more wait.")
    code_queue_limit: int = Field(50, ge=0, description="Code nodes that may wait; more fail with a clear error.")

    http_request_max_connect_timeout: float = _limit(
        "http_request_max_connect_timeout", "HTTP_REQUEST_MAX_CONNECT_TIMEOUT", 10,
        "Seconds that an HTTP node waits for a connection, at most and by default.",
    )  # fmt: skip
    http_request_max_read_timeout: float = _limit(
        "http_request_max_read_timeout", "HTTP_REQUEST_MAX_READ_TIMEOUT", 600,
        "Seconds that an HTTP node waits for an answer, at most and by default.",
    )  # fmt: skip
    http_request_max_write_timeout: float = _limit(
        "http_request_max_write_timeout", "HTTP_REQUEST_MAX_WRITE_TIMEOUT", 600,
        "Seconds that an HTTP node takes to send a request, at most and by default.",
    )  # fmt: skip
    http_request_node_max_binary_size: int = _limit(
        "http_request_node_max_binary_size", "HTTP_REQUEST_NODE_MAX_BINARY_SIZE", 10 * _MIB,
        "Bytes of a file that an HTTP node receives.",
    )  # fmt: skip
    http_request_node_max_text_size: int = _limit(
        "http_request_node_max_text_size", "HTTP_REQUEST_NODE_MAX_TEXT_SIZE", _MIB,
        "Bytes of a text that an HTTP node receives.",
    )  # fmt: skip
    http_request_node_ssl_verify: bool = Field(
        True, description="HTTP nodes check certificates unless they say otherwise.",
        validation_alias=_known_as("http_request_node_ssl_verify", "HTTP_REQUEST_NODE_SSL_VERIFY"),
    )  # fmt: skip

    api_tool_default_connect_timeout: float = _limit(
        "api_tool_default_connect_timeout", "API_TOOL_DEFAULT_CONNECT_TIMEOUT", 10,
        "Seconds that a tool made from an API waits for a connection.",
    )  # fmt: skip
    api_tool_default_read_timeout: float = _limit(
        "api_tool_default_read_timeout", "API_TOOL_DEFAULT_READ_TIMEOUT", 60,
        "Seconds that a tool made from an API waits for an answer.",
    )  # fmt: skip
    position_tool_pins: Names = Field(
        (), description="Built-in tool providers that are listed first, parted by commas.",
        validation_alias=_known_as("position_tool_pins", "POSITION_TOOL_PINS"),
    )  # fmt: skip
    position_tool_includes: Names = Field(
        (), description="The only built-in tool providers that are offered; all of them where this is empty.",
        validation_alias=_known_as("position_tool_includes", "POSITION_TOOL_INCLUDES"),
    )  # fmt: skip
    position_tool_excludes: Names = Field(
        (), description="Built-in tool providers that are not offered.",
        validation_alias=_known_as("position_tool_excludes", "POSITION_TOOL_EXCLUDES"),
    )  # fmt: skip
    workflow_call_max_depth: int = _limit(
        "workflow_call_max_depth", "WORKFLOW_CALL_MAX_DEPTH", 5,
        "Workflows that may call each other as tools in a row.",
    )  # fmt: skip

    upload_file_size_limit: float = _limit(
        "upload_file_size_limit", "UPLOAD_FILE_SIZE_LIMIT", 15, "MiB of an uploaded document or other file.", ge=0
    )
    upload_image_file_size_limit: float = _limit(
        "upload_image_file_size_limit", "UPLOAD_IMAGE_FILE_SIZE_LIMIT", 10, "MiB of an uploaded image.", ge=0
    )
    upload_audio_file_size_limit: float = _limit(
        "upload_audio_file_size_limit", "UPLOAD_AUDIO_FILE_SIZE_LIMIT", 50, "MiB of an uploaded sound.", ge=0
    )
    upload_video_file_size_limit: float = _limit(
        "upload_video_file_size_limit", "UPLOAD_VIDEO_FILE_SIZE_LIMIT", 100, "MiB of an uploaded video.", ge=0
    )
    workflow_file_upload_limit: int = _limit(
        "workflow_file_upload_limit", "WORKFLOW_FILE_UPLOAD_LIMIT", 10, "Files in one file variable."
    )
    upload_file_extension_blacklist: str = Field(
        "", description="Extensions, parted by commas, that nobody may upload.",
        validation_alias=_known_as("upload_file_extension_blacklist", "UPLOAD_FILE_EXTENSION_BLACKLIST"),
    )  # fmt: skip
    files_access_timeout: int = _limit(
        "files_access_timeout", "FILES_ACCESS_TIMEOUT", 300, "Seconds that a signed link to a file is valid."
    )
    multimodal_send_format: Literal["base64", "url"] = Field(
        "base64", description="How files go to models: inside the request, or as links that the model fetches.",
        validation_alias=_known_as("multimodal_send_format", "MULTIMODAL_SEND_FORMAT"),
    )  # fmt: skip

    @property
    def max_upload_body(self) -> int:
        """Bytes of a form with one file of the largest class, and a little around it."""
        largest = max(
            self.upload_file_size_limit,
            self.upload_image_file_size_limit,
            self.upload_audio_file_size_limit,
            self.upload_video_file_size_limit,
        )
        return int(largest * _MIB) + _MIB

    @property
    def resolved_database_url(self) -> str:
        """`database_url`, or that of the SQLite file in data_dir."""
        return self.database_url or f"sqlite:///{self.data_dir / 'treadle.db'}"

    @property
    def code_package_sets(self) -> Path:
        """The folder of packages that workspaces added for their code nodes, one folder each."""
        return self.data_dir.absolute() / "code-packages"

    @property
    def resolved_files_url(self) -> str:
        """`files_url`, or that of the folder in data_dir."""
        return self.files_url or (self.data_dir / "files").absolute().as_uri()

    @property
    def resolved_secret_key_file(self) -> Path:
        """`secret_key_file`, or the one in data_dir."""
        return self.secret_key_file or self.data_dir / "secret.key"

    @property
    def resolved_public_url(self) -> str:
        """`public_url` without a slash at its end, or where the server listens."""
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::"} else self.host
        return self.public_url.rstrip("/") or f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

"""Apps and their versions, and what people and runs leave behind, as rows.

Columns ending in `_at` and `_until` are microseconds since the epoch. JSON columns are text encoded by msgspec. Money
in `total_price_e7` counts ten-millionths of the currency unit, the precision that prices are rounded to: sums are exact
on every database. Source: spec workflow-engine §4, §20, §21, service-api §3.
"""

from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column

from treadle.accounts.tables import Workspace
from treadle.platform.db import Base


class AppMode(StrEnum):
    CHAT = "chat"
    COMPLETION = "completion"
    AGENT_CHAT = "agent-chat"
    ADVANCED_CHAT = "advanced-chat"
    WORKFLOW = "workflow"
    RAG_PIPELINE = "rag-pipeline"
    """The pipeline of a knowledge base: no app that people see, but kept, published and run like a workflow."""


class VersionKind(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"


class TriggeredFrom(StrEnum):
    """Why a run or a node execution took place."""

    DEBUGGING = "debugging"
    APP_RUN = "app-run"
    SINGLE_STEP = "single-step"
    WEBHOOK = "webhook"
    SCHEDULE = "schedule"
    PLUGIN = "plugin"
    PIPELINE_RUN = "rag-pipeline-run"
    PIPELINE_DEBUGGING = "rag-pipeline-debugging"


TRIALS = (TriggeredFrom.DEBUGGING, TriggeredFrom.SINGLE_STEP, TriggeredFrom.PIPELINE_DEBUGGING)
"""Runs of drafts: they stand in no log and no figure, and end with their process."""


class CreatedFrom(StrEnum):
    """The channel that a run came through."""

    SERVICE_API = "service-api"
    WEB_APP = "web-app"
    INSTALLED_APP = "installed-app"
    CONSOLE = "console"
    TRIGGER = "trigger"


class App(Base):
    __tablename__ = "apps"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(ForeignKey(Workspace.id, ondelete="CASCADE"))
    mode: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(255))
    description: Mapped[str] = mapped_column(Text, default="")
    icon_type: Mapped[str] = mapped_column(String(16), default="emoji")
    icon: Mapped[str] = mapped_column(String(255), default="🤖")
    icon_background: Mapped[str | None] = mapped_column(String(32), default="#FFEAD5")
    use_icon_as_answer_icon: Mapped[bool] = mapped_column(default=False)
    enable_site: Mapped[bool] = mapped_column(default=True)
    enable_api: Mapped[bool] = mapped_column(default=True)
    status: Mapped[str] = mapped_column(String(16), default="normal")
    max_active_requests: Mapped[int | None] = mapped_column()
    """None: the setting of the server."""
    is_template: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether the catalogue offers it, as it is published, to the people of its workspace."""
    published_version_id: Mapped[str | None] = mapped_column(String(36))
    created_by: Mapped[str | None] = mapped_column(String(36))
    updated_by: Mapped[str | None] = mapped_column(String(36))
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (Index(None, "workspace_id", "updated_at", "id"),)


class AppVersion(Base):
    """One state of an app: its draft, which changes, or a published version, which never does."""

    __tablename__ = "app_versions"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(String(36))
    app_id: Mapped[str] = mapped_column(ForeignKey("apps.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(16))
    version: Mapped[str] = mapped_column(String(64))
    """`draft`, or the UTC time of publishing as text."""
    dsl_version: Mapped[str] = mapped_column(String(16))
    graph: Mapped[str | None] = mapped_column(Text)
    """JSON; None for apps without a canvas."""
    features: Mapped[str] = mapped_column(Text, default="{}")
    environment_variables: Mapped[str] = mapped_column(Text, default="[]")
    """JSON list; the values of secrets are encrypted."""
    conversation_variables: Mapped[str] = mapped_column(Text, default="[]")
    pipeline_variables: Mapped[str] = mapped_column(Text, default="[]", server_default="[]")
    """JSON list; what a knowledge pipeline asks for."""
    model_config: Mapped[str | None] = mapped_column(Text)
    """JSON; the configuration of chat, completion and agent apps."""
    dependencies: Mapped[str] = mapped_column(Text, default="[]")
    hash: Mapped[str] = mapped_column(String(64))
    """What an editor must send back to save over this draft."""
    marked_name: Mapped[str] = mapped_column(String(255), default="")
    marked_comment: Mapped[str] = mapped_column(Text, default="")
    created_by: Mapped[str | None] = mapped_column(String(36))
    updated_by: Mapped[str | None] = mapped_column(String(36))
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        Index(None, "app_id", "created_at", "id"),
        Index("uq_app_versions_draft", "app_id", unique=True, sqlite_where=text("kind = 'draft'"),
              postgresql_where=text("kind = 'draft'")),
    )  # fmt: skip


class Upkeep(Base):
    """Work on stored records that is done once, by name. Belongs to no workspace: a row says that it is done."""

    __tablename__ = "upkeep"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    done_at: Mapped[int] = mapped_column(BigInteger)


class Site(Base):
    """The published web page of an app."""

    __tablename__ = "sites"

    app_id: Mapped[str] = mapped_column(ForeignKey("apps.id", ondelete="CASCADE"), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(String(36))
    code: Mapped[str] = mapped_column(String(32), unique=True)
    """16 random characters: whoever knows them may open the page."""
    title: Mapped[str] = mapped_column(String(255))
    description: Mapped[str] = mapped_column(Text, default="")
    icon_type: Mapped[str | None] = mapped_column(String(16))
    icon: Mapped[str | None] = mapped_column(String(255))
    icon_background: Mapped[str | None] = mapped_column(String(32))
    default_language: Mapped[str] = mapped_column(String(16), default="en-US")
    chat_color_theme: Mapped[str | None] = mapped_column(String(32))
    chat_color_theme_inverted: Mapped[bool] = mapped_column(default=False)
    copyright: Mapped[str | None] = mapped_column(String(255))
    privacy_policy: Mapped[str | None] = mapped_column(Text)
    custom_disclaimer: Mapped[str] = mapped_column(Text, default="")
    input_placeholder: Mapped[str | None] = mapped_column(String(255))
    show_workflow_steps: Mapped[bool] = mapped_column(default=True)
    prompt_public: Mapped[bool] = mapped_column(default=False)
    embed_origins: Mapped[str] = mapped_column(Text, default="*", server_default="*")
    """Web sites that may show the page in a frame, parted by spaces; `*` is any."""
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)


class Tag(Base):
    __tablename__ = "tags"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(ForeignKey(Workspace.id, ondelete="CASCADE"))
    type: Mapped[str] = mapped_column(String(16))
    """What it marks: `app` or `knowledge`."""
    name: Mapped[str] = mapped_column(String(255))
    created_by: Mapped[str | None] = mapped_column(String(36))
    created_at: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (Index("uq_tags_name", "workspace_id", "type", "name", unique=True),)


class TagBinding(Base):
    __tablename__ = "tag_bindings"

    tag_id: Mapped[str] = mapped_column(ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True)
    target_id: Mapped[str] = mapped_column(String(36), primary_key=True, index=True)
    workspace_id: Mapped[str] = mapped_column(String(36))


class InstalledApp(Base):
    """How the people of a workspace keep an app at hand in Explore; an app without a row is not pinned."""

    __tablename__ = "installed_apps"

    app_id: Mapped[str] = mapped_column(ForeignKey("apps.id", ondelete="CASCADE"), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(String(36), index=True)
    is_pinned: Mapped[bool] = mapped_column(default=False)
    last_used_at: Mapped[int | None] = mapped_column(BigInteger)


class Run(Base):
    """One run: its log record, its lease, and the head of its checkpoint."""

    __tablename__ = "runs"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(String(36))
    app_id: Mapped[str] = mapped_column(String(36))
    version_id: Mapped[str] = mapped_column(String(36))
    mode: Mapped[str] = mapped_column(String(16))
    triggered_from: Mapped[str] = mapped_column(String(24))
    created_from: Mapped[str] = mapped_column(String(16))
    created_by_role: Mapped[str] = mapped_column(String(16))
    created_by: Mapped[str] = mapped_column(String(36))
    """An end user or an account, as `created_by_role` says."""
    api_key_id: Mapped[str | None] = mapped_column(String(36))
    """The key of the app that was called with."""
    parent_run_id: Mapped[str | None] = mapped_column(String(36))
    conversation_id: Mapped[str | None] = mapped_column(String(36))
    message_id: Mapped[str | None] = mapped_column(String(36))
    task_id: Mapped[str] = mapped_column(String(36))
    status: Mapped[str] = mapped_column(String(24))
    graph: Mapped[str | None] = mapped_column(Text)
    """What ran, where the version may have changed since: only for runs of a draft."""
    root_node_id: Mapped[str | None] = mapped_column(Text)
    """The trigger that it began with; null for the only root."""
    inputs: Mapped[str] = mapped_column(Text)
    outputs: Mapped[str | None] = mapped_column(Text)
    sealed_inputs: Mapped[str | None] = mapped_column(Text)
    """The inputs as they were, encrypted, where `inputs` has secrets masked."""
    error: Mapped[str | None] = mapped_column(Text)
    error_type: Mapped[str | None] = mapped_column(Text)
    total_tokens: Mapped[int] = mapped_column(BigInteger)
    total_price_e7: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(16))
    total_steps: Mapped[int] = mapped_column()
    exceptions_count: Mapped[int] = mapped_column()
    elapsed: Mapped[float] = mapped_column()
    """Seconds."""
    created_at: Mapped[int] = mapped_column(BigInteger)
    finished_at: Mapped[int | None] = mapped_column(BigInteger)
    lease_owner: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[int | None] = mapped_column(BigInteger)
    attempts: Mapped[int] = mapped_column()
    """Processes that have taken up this run, the first one included."""
    read_at: Mapped[int | None] = mapped_column(BigInteger)
    """When a builder first opened it in the log."""
    replay_of: Mapped[str | None] = mapped_column(String(36))
    """The run that this one repeats from one of its nodes on."""
    replay: Mapped[str | None] = mapped_column(Text)
    """How it repeats it, as JSON; see `treadle.apps.running.records.ReplayRecord`."""
    conversation_values: Mapped[str | None] = mapped_column(Text)
    """The conversation variables as the run found them, by name."""
    sealed_conversation_values: Mapped[str | None] = mapped_column(Text)
    environment_values: Mapped[str | None] = mapped_column(Text)
    """The environment variables that a replay was given other values of, by name."""
    sealed_environment_values: Mapped[str | None] = mapped_column(Text)
    sealed_headers: Mapped[str | None] = mapped_column(Text)
    """Headers of the caller that tools send on, as encrypted JSON, until the run has ended."""

    __table_args__ = (
        Index(None, "app_id", "triggered_from", "created_at", "id"),
        Index("ix_runs_app_created", "app_id", "created_at", "id"),
        Index("ix_runs_api_key", "api_key_id", "created_at", sqlite_where=text("api_key_id IS NOT NULL"),
              postgresql_where=text("api_key_id IS NOT NULL")),
        Index("ix_runs_parent", "parent_run_id", sqlite_where=text("parent_run_id IS NOT NULL"),
              postgresql_where=text("parent_run_id IS NOT NULL")),
        Index("ix_runs_replay_of", "replay_of", sqlite_where=text("replay_of IS NOT NULL"),
              postgresql_where=text("replay_of IS NOT NULL")),
        Index("ix_runs_lease", "lease_until", sqlite_where=text("status = 'running'"),
              postgresql_where=text("status = 'running'")),
    )  # fmt: skip


class NodeExecution(Base):
    """One execution of a node: its log record and its checkpoint."""

    __tablename__ = "node_executions"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    """The execution id; rows of attempts that were repeated have ids of their own."""
    execution_id: Mapped[str] = mapped_column(String(36))
    workspace_id: Mapped[str] = mapped_column(String(36))
    app_id: Mapped[str] = mapped_column(String(36))
    run_id: Mapped[str | None] = mapped_column(String(36))
    """None for a single step."""
    triggered_from: Mapped[str] = mapped_column(String(24))
    created_by_role: Mapped[str] = mapped_column(String(16))
    created_by: Mapped[str] = mapped_column(String(36))
    node_id: Mapped[str] = mapped_column(Text)
    node_type: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    node_index: Mapped[int] = mapped_column()
    predecessor_node_id: Mapped[str | None] = mapped_column(Text)
    container_kind: Mapped[str | None] = mapped_column(String(16))
    container_node_id: Mapped[str | None] = mapped_column(Text)
    container_index: Mapped[int | None] = mapped_column()
    container_parents: Mapped[str | None] = mapped_column(Text)
    """JSON list of `[kind, node id, index]` of the rounds around that one, outermost first; null without any."""
    position: Mapped[int] = mapped_column()
    """Place in the order in which the nodes of the run finished; a running node has the place 0."""
    status: Mapped[str] = mapped_column(String(16))
    handle: Mapped[str] = mapped_column(Text)
    retry_index: Mapped[int] = mapped_column()
    inputs: Mapped[str | None] = mapped_column(Text)
    process_data: Mapped[str | None] = mapped_column(Text)
    outputs: Mapped[str | None] = mapped_column(Text)
    sealed_outputs: Mapped[str | None] = mapped_column(Text)
    """The outputs as they were, encrypted, where `outputs` has secrets masked."""
    effects: Mapped[str | None] = mapped_column(Text)
    """JSON of what the node did beside its outputs, or waits for: see `apps.records`."""
    sealed_effects: Mapped[str | None] = mapped_column(Text)
    """The effects as they were, encrypted, where `effects` has secrets masked."""
    answer: Mapped[str | None] = mapped_column(Text)
    """JSON of what was given to a node that waited."""
    execution_metadata: Mapped[str | None] = mapped_column(Text)
    usage: Mapped[str | None] = mapped_column(Text)
    error: Mapped[str | None] = mapped_column(Text)
    error_type: Mapped[str | None] = mapped_column(Text)
    total_tokens: Mapped[int] = mapped_column(BigInteger)
    total_price_e7: Mapped[int] = mapped_column(BigInteger)
    elapsed: Mapped[float] = mapped_column()
    """Seconds."""
    created_at: Mapped[int] = mapped_column(BigInteger)
    finished_at: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (
        Index(None, "run_id", "position"),
        Index("ix_node_executions_single_step", "app_id", "node_id", "created_at",
              sqlite_where=text("run_id IS NULL"), postgresql_where=text("run_id IS NULL")),
    )  # fmt: skip


class Conversation(Base):
    __tablename__ = "conversations"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(String(36))
    app_id: Mapped[str] = mapped_column(String(36))
    version_id: Mapped[str] = mapped_column(String(36))
    """The version it started with, which chat and agent apps keep to."""
    mode: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(255))
    introduction: Mapped[str] = mapped_column(Text)
    inputs: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(16))
    created_from: Mapped[str] = mapped_column(String(16))
    created_by_role: Mapped[str] = mapped_column(String(16))
    created_by: Mapped[str] = mapped_column(String(36))
    dialogue_count: Mapped[int] = mapped_column()
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)
    deleted_at: Mapped[int | None] = mapped_column(BigInteger)
    read_at: Mapped[int | None] = mapped_column(BigInteger)
    """When a builder first opened it in the log."""

    __table_args__ = (
        Index(None, "app_id", "created_by", "updated_at", "id"),
        Index(None, "app_id", "created_by", "created_at", "id"),
        Index("ix_conversations_app_created", "app_id", "created_at", "id"),
        Index("ix_conversations_app_updated", "app_id", "updated_at", "id"),
    )


class Message(Base):
    """One exchange of a conversation, or one text of a completion app (which has no conversation)."""

    __tablename__ = "messages"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(String(36))
    app_id: Mapped[str] = mapped_column(String(36))
    conversation_id: Mapped[str | None] = mapped_column(String(36))
    run_id: Mapped[str | None] = mapped_column(String(36))
    parent_message_id: Mapped[str | None] = mapped_column(String(36))
    created_from: Mapped[str] = mapped_column(String(16))
    created_by_role: Mapped[str] = mapped_column(String(16))
    created_by: Mapped[str] = mapped_column(String(36))
    model_provider: Mapped[str | None] = mapped_column(Text)
    model_name: Mapped[str | None] = mapped_column(Text)
    inputs: Mapped[str] = mapped_column(Text)
    query: Mapped[str] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(Text)
    files: Mapped[str] = mapped_column(Text)
    """JSON list of `{"belongs_to": "user" | "assistant", "file": <file object without url>}`."""
    message_metadata: Mapped[str] = mapped_column(Text)
    """JSON: `retriever_resources`, `annotation_reply`, `usage`."""
    agent_thoughts: Mapped[str] = mapped_column(Text)
    """JSON list of the steps of an agent, in order."""
    status: Mapped[str] = mapped_column(String(16))
    """`normal` or `error`."""
    error: Mapped[str | None] = mapped_column(Text)
    message_tokens: Mapped[int] = mapped_column(BigInteger)
    message_unit_price: Mapped[str] = mapped_column(String(32))
    message_price_unit: Mapped[str] = mapped_column(String(32))
    answer_tokens: Mapped[int] = mapped_column(BigInteger)
    answer_unit_price: Mapped[str] = mapped_column(String(32))
    answer_price_unit: Mapped[str] = mapped_column(String(32))
    total_price_e7: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(16))
    latency: Mapped[float] = mapped_column()
    """Seconds from the request to the end of the answer."""
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)
    read_at: Mapped[int | None] = mapped_column(BigInteger)
    """When a builder first opened it in the log."""

    __table_args__ = (
        Index(None, "conversation_id", "created_at", "id"),
        Index(None, "app_id", "created_at", "id"),
        Index("ix_messages_run", "run_id"),
    )


class SpeechCall(Base):
    """What it cost to read a text aloud or to write a recording down, beside the runs of an app."""

    __tablename__ = "speech_calls"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(String(36))
    app_id: Mapped[str] = mapped_column(String(36))
    message_id: Mapped[str | None] = mapped_column(String(36))
    """The answer that was read aloud; None where only a text is known, or a recording."""
    kind: Mapped[str] = mapped_column(String(16))
    """`tts` or `speech2text`."""
    created_from: Mapped[str] = mapped_column(String(16))
    tokens: Mapped[int] = mapped_column(BigInteger)
    seconds: Mapped[float] = mapped_column()
    """Of the recording."""
    characters: Mapped[int] = mapped_column(BigInteger)
    """Of the text."""
    total_price_e7: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (Index(None, "app_id", "created_at"), Index(None, "message_id"))


class StoredFile(Base):
    """A file in the file store: uploaded by somebody, or made by a node."""

    __tablename__ = "files"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(String(36))
    app_id: Mapped[str | None] = mapped_column(String(36))
    kind: Mapped[str] = mapped_column(String(8))
    """`upload` or `tool`."""
    created_by_role: Mapped[str] = mapped_column(String(16))
    created_by: Mapped[str] = mapped_column(String(36))
    key: Mapped[str] = mapped_column(String(255))
    """Where the bytes are in the file store: random, never made from a name."""
    name: Mapped[str] = mapped_column(String(255))
    size: Mapped[int] = mapped_column(BigInteger)
    extension: Mapped[str] = mapped_column(String(255))
    """Without its dot."""
    mime_type: Mapped[str] = mapped_column(String(255))
    sha256: Mapped[str] = mapped_column(String(64))
    source_url: Mapped[str | None] = mapped_column(Text)
    """Where a remote file was fetched from."""
    run_id: Mapped[str | None] = mapped_column(String(36))
    created_at: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (Index(None, "workspace_id", "created_at", "id"),)


class MessageFile(Base):
    """That a message shows a stored file: what makes the file readable through the API of the message's app."""

    __tablename__ = "message_files"

    message_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    file_id: Mapped[str] = mapped_column(String(36), primary_key=True, index=True)
    workspace_id: Mapped[str] = mapped_column(String(36))
    app_id: Mapped[str] = mapped_column(String(36))
    belongs_to: Mapped[str] = mapped_column(String(16))
    """`user` or `assistant`."""
    created_at: Mapped[int] = mapped_column(BigInteger)


class Feedback(Base):
    """What an end user or an operator thinks of a message: one of each per message."""

    __tablename__ = "feedbacks"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(String(36))
    app_id: Mapped[str] = mapped_column(String(36))
    conversation_id: Mapped[str | None] = mapped_column(String(36))
    message_id: Mapped[str] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"))
    from_source: Mapped[str] = mapped_column(String(8))
    """`user` or `admin`."""
    end_user_id: Mapped[str | None] = mapped_column(String(36))
    account_id: Mapped[str | None] = mapped_column(String(36))
    rating: Mapped[str] = mapped_column(String(8))
    """`like` or `dislike`."""
    content: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        Index("uq_feedbacks_source", "message_id", "from_source", unique=True),
        Index(None, "app_id", "created_at", "id"),
    )


class ConversationVariable(Base):
    """The value of a conversation variable in one conversation; `id` is that of its definition in the app."""

    __tablename__ = "conversation_variables"

    conversation_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(String(36))
    app_id: Mapped[str] = mapped_column(String(36))
    name: Mapped[str] = mapped_column(Text)
    value_type: Mapped[str] = mapped_column(String(24))
    description: Mapped[str] = mapped_column(Text)
    value: Mapped[str] = mapped_column(Text)
    """JSON, secrets masked."""
    sealed_value: Mapped[str | None] = mapped_column(Text)
    """The value as it is, encrypted, where `value` has secrets masked."""
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)


class SavedMessage(Base):
    """A text of a completion app that somebody keeps."""

    __tablename__ = "saved_messages"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(String(36))
    app_id: Mapped[str] = mapped_column(String(36))
    message_id: Mapped[str] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), index=True)
    created_by_role: Mapped[str] = mapped_column(String(16))
    created_by: Mapped[str] = mapped_column(String(36))
    created_at: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        Index("uq_saved_messages", "created_by", "message_id", unique=True),
        Index(None, "app_id", "created_by", "created_at", "id"),
    )


class PinnedConversation(Base):
    __tablename__ = "pinned_conversations"

    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True)
    created_by: Mapped[str] = mapped_column(String(36), primary_key=True)
    created_by_role: Mapped[str] = mapped_column(String(16))
    workspace_id: Mapped[str] = mapped_column(String(36))
    app_id: Mapped[str] = mapped_column(String(36))
    created_at: Mapped[int] = mapped_column(BigInteger)


class DraftVariable(Base):
    """A value that a debug run left to one member, for the steps that member runs alone and for looking at."""

    __tablename__ = "draft_variables"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(String(36))
    app_id: Mapped[str] = mapped_column(ForeignKey("apps.id", ondelete="CASCADE"))
    account_id: Mapped[str] = mapped_column(String(36))
    scope: Mapped[str] = mapped_column(String(255))
    """A node id, `sys` or `conversation`."""
    name: Mapped[str] = mapped_column(String(255))
    value_type: Mapped[str] = mapped_column(String(24))
    value: Mapped[str] = mapped_column(Text)
    """JSON, secrets masked."""
    sealed_value: Mapped[str | None] = mapped_column(Text)
    """The value as it is, encrypted, where `value` has secrets masked."""
    edited: Mapped[bool] = mapped_column()
    """A person has changed the value since the last run."""
    last_value: Mapped[str | None] = mapped_column(Text)
    """What the last run left, once a person has changed the value."""
    sealed_last_value: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (Index("uq_draft_variables", "app_id", "account_id", "scope", "name", unique=True),)


class PendingImport(Base):
    """An app file of another version, kept until somebody confirms that it is to be imported."""

    __tablename__ = "pending_imports"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(ForeignKey(Workspace.id, ondelete="CASCADE"))
    account_id: Mapped[str] = mapped_column(String(36))
    app_id: Mapped[str | None] = mapped_column(String(36))
    """The app to be overwritten; None for a new one."""
    content: Mapped[str] = mapped_column(Text)
    looks: Mapped[str] = mapped_column(Text)
    """JSON: the name, description and icon that were asked for."""
    created_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int] = mapped_column(BigInteger, index=True)


class FormStatus(StrEnum):
    OPEN = "open"
    FILLED = "filled"
    EXPIRED = "expired"


class Form(Base):
    """A form that a run waits for, and how it was answered."""

    __tablename__ = "forms"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(String(36))
    app_id: Mapped[str] = mapped_column(ForeignKey("apps.id", ondelete="CASCADE"))
    run_id: Mapped[str] = mapped_column(String(36))
    node_id: Mapped[str] = mapped_column(Text)
    path: Mapped[str] = mapped_column(Text)
    """JSON: the rounds around the node, `[[node id, index], ...]`."""
    title: Mapped[str] = mapped_column(Text)
    created_by: Mapped[str] = mapped_column(String(36))
    """The end user or account that the run belongs to."""
    status: Mapped[str] = mapped_column(String(16))
    definition: Mapped[str] = mapped_column(Text)
    """JSON of the `FormRequest`, encrypted."""
    shown: Mapped[bool] = mapped_column()
    """Whoever uses the app is shown the form."""
    answer: Mapped[str | None] = mapped_column(Text)
    """JSON of what the node is given, encrypted; None while the form is open."""
    action: Mapped[str | None] = mapped_column(String(64))
    answered_by: Mapped[str | None] = mapped_column(String(320))
    """The recipient whose link was used, or the name of an end user."""
    resumed: Mapped[bool] = mapped_column()
    """The run has its answer."""
    expires_at: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[int] = mapped_column(BigInteger)
    answered_at: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (
        Index("uq_forms_execution", "run_id", "node_id", "path", unique=True),
        Index(None, "workspace_id", "status", "created_at", "id"),
        Index("ix_forms_due", "expires_at", sqlite_where=text("status = 'open'"),
              postgresql_where=text("status = 'open'")),
        Index("ix_forms_unresumed", "answered_at", sqlite_where=text("status <> 'open' AND NOT resumed"),
              postgresql_where=text("status <> 'open' AND NOT resumed")),
    )  # fmt: skip


class FormLink(Base):
    """A secret address of a form: one for each recipient."""

    __tablename__ = "form_links"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    form_id: Mapped[str] = mapped_column(ForeignKey("forms.id", ondelete="CASCADE"), index=True)
    workspace_id: Mapped[str] = mapped_column(String(36))
    recipient: Mapped[str] = mapped_column(String(320))
    """A mail address, or `page` for whoever uses the app."""
    mail: Mapped[int | None] = mapped_column()
    """Which of the form's mails is to be sent there; None for no mail, and once it was sent or given up."""
    attempts: Mapped[int] = mapped_column()
    try_at: Mapped[int] = mapped_column(BigInteger)
    """When the mail is to be tried next."""
    created_at: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        Index("ix_form_links_unsent", "try_at", sqlite_where=text("mail IS NOT NULL"),
              postgresql_where=text("mail IS NOT NULL")),
    )  # fmt: skip


class AppMcpServer(Base):
    """How an app is served to MCP clients."""

    __tablename__ = "app_mcp_servers"

    app_id: Mapped[str] = mapped_column(ForeignKey("apps.id", ondelete="CASCADE"), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(String(36))
    code: Mapped[str] = mapped_column(String(32), unique=True)
    """The secret part of its address."""
    description: Mapped[str] = mapped_column(Text)
    parameters: Mapped[str] = mapped_column(Text)
    """JSON: what each field of the form means, by its name."""
    active: Mapped[bool] = mapped_column()
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)

"""Knowledge bases, their documents and chunks as rows.

Columns ending in `_at` are microseconds since the epoch. JSON columns are text encoded by msgspec. In every interface a
knowledge base is called a dataset and a chunk a segment. Source: spec knowledge §1.
"""

from enum import StrEnum

from sqlalchemy import BigInteger, Float, ForeignKey, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from treadle.accounts.tables import Workspace
from treadle.apps.tables import App
from treadle.platform.db import Base


class Provider(StrEnum):
    """Where the chunks of a base are: here, or behind an external knowledge API."""

    VENDOR = "vendor"
    EXTERNAL = "external"


class Permission(StrEnum):
    ONLY_ME = "only_me"
    ALL_TEAM = "all_team_members"
    PARTIAL = "partial_members"


class Technique(StrEnum):
    """How chunks are found: by embeddings, or by keywords alone."""

    HIGH_QUALITY = "high_quality"
    ECONOMY = "economy"


class SourceType(StrEnum):
    UPLOAD = "upload_file"
    NOTION = "notion_import"
    WEBSITE = "website_crawl"
    LOCAL_FILE = "local_file"
    """An uploaded file that a pipeline read."""


class DocForm(StrEnum):
    """How a document is cut."""

    TEXT = "text_model"
    HIERARCHICAL = "hierarchical_model"
    QA = "qa_model"


class IndexingStatus(StrEnum):
    WAITING = "waiting"
    PARSING = "parsing"
    CLEANING = "cleaning"
    SPLITTING = "splitting"
    INDEXING = "indexing"
    COMPLETED = "completed"
    ERROR = "error"


class SegmentStatus(StrEnum):
    WAITING = "waiting"
    INDEXING = "indexing"
    COMPLETED = "completed"
    ERROR = "error"
    RE_SEGMENT = "re_segment"


PAGE_SOURCES = (SourceType.WEBSITE, SourceType.NOTION)
"""Documents of these are pages elsewhere, and no files."""


class FacetKind(StrEnum):
    """What else than its text a chunk is found by."""

    SUMMARY = "summary"
    IMAGE = "image"


class SummaryStatus(StrEnum):
    """How far the summaries of a document are."""

    WAITING = "waiting"
    COMPLETED = "completed"
    ERROR = "error"


class KnowledgeBase(Base):
    __tablename__ = "knowledge_bases"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(ForeignKey(Workspace.id, ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(255))
    description: Mapped[str] = mapped_column(Text, default="")
    provider: Mapped[str] = mapped_column(String(16), default=Provider.VENDOR)
    permission: Mapped[str] = mapped_column(String(24), default=Permission.ONLY_ME)
    data_source_type: Mapped[str | None] = mapped_column(String(24))
    """Fixed by the first document."""
    indexing_technique: Mapped[str | None] = mapped_column(String(16))
    """None while nothing was added."""
    doc_form: Mapped[str | None] = mapped_column(String(24))
    """Fixed by the first document."""
    embedding_model_provider: Mapped[str | None] = mapped_column(String(255))
    embedding_model: Mapped[str | None] = mapped_column(String(255))
    index_kind: Mapped[str | None] = mapped_column(String(32))
    """The index that holds the vectors (`embedded`, `pgvector`, `milvus`): kept when the server's default changes."""
    index_generation: Mapped[int] = mapped_column(default=0)
    """The generation of vectors that answers searches; another one may be under construction."""
    index_building: Mapped[str | None] = mapped_column(Text)
    """JSON: the generation under construction with its model, None while there is none."""
    retrieval_model: Mapped[str | None] = mapped_column(Text)
    """JSON of spec knowledge §10.1, None until the first document."""
    keyword_number: Mapped[int] = mapped_column(default=10)
    built_in_field_enabled: Mapped[bool] = mapped_column(default=False)
    enable_api: Mapped[bool] = mapped_column(default=True)
    icon_info: Mapped[str | None] = mapped_column(Text)
    """JSON `{icon_type, icon, icon_background, icon_url}`."""
    summary_index_setting: Mapped[str | None] = mapped_column(Text)
    """JSON `{enable, model_name, model_provider_name, summary_prompt}`; None: chunks never had summaries."""
    external_api_id: Mapped[str | None] = mapped_column(String(36))
    external_knowledge_id: Mapped[str | None] = mapped_column(String(512))
    external_retrieval_model: Mapped[str | None] = mapped_column(Text)
    pipeline_id: Mapped[str | None] = mapped_column(String(36))
    """The app that is the pipeline which fills the base; None: documents are cut by rules."""
    created_by: Mapped[str | None] = mapped_column(String(36))
    updated_by: Mapped[str | None] = mapped_column(String(36))
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        Index("uq_knowledge_bases_name", "workspace_id", "name", unique=True),
        Index("uq_knowledge_bases_pipeline", "pipeline_id", unique=True),
        Index(None, "workspace_id", "created_at", "id"),
    )


class BaseMember(Base):
    """A member who may use a base whose permission is `partial_members`."""

    __tablename__ = "knowledge_base_members"

    base_id: Mapped[str] = mapped_column(ForeignKey("knowledge_bases.id", ondelete="CASCADE"), primary_key=True)
    account_id: Mapped[str] = mapped_column(String(36), primary_key=True, index=True)
    workspace_id: Mapped[str] = mapped_column(String(36))


class ProcessRule(Base):
    """How documents are cleaned and cut. Never changed: a new setting is a new row, documents keep theirs."""

    __tablename__ = "knowledge_process_rules"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(String(36))
    base_id: Mapped[str] = mapped_column(ForeignKey("knowledge_bases.id", ondelete="CASCADE"))
    mode: Mapped[str] = mapped_column(String(16))
    rules: Mapped[str] = mapped_column(Text)
    created_by: Mapped[str | None] = mapped_column(String(36))
    created_at: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (Index(None, "base_id", "created_at", "id"),)


class Document(Base):
    __tablename__ = "knowledge_documents"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(String(36))
    base_id: Mapped[str] = mapped_column(ForeignKey("knowledge_bases.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column()
    """From 1 in the base."""
    name: Mapped[str] = mapped_column(String(255))
    batch: Mapped[str] = mapped_column(String(32))
    """20 digits: those added by one request."""
    created_from: Mapped[str] = mapped_column(String(8))
    """`web` or `api`."""
    data_source_type: Mapped[str] = mapped_column(String(24))
    data_source_info: Mapped[str] = mapped_column(Text)
    """JSON of spec knowledge §1.3."""
    file_id: Mapped[str | None] = mapped_column(String(36))
    process_rule_id: Mapped[str | None] = mapped_column(String(36))
    pipeline_run_id: Mapped[str | None] = mapped_column(String(36), index=True)
    """The run of the base's pipeline that makes it."""
    doc_form: Mapped[str] = mapped_column(String(24), default=DocForm.TEXT)
    doc_language: Mapped[str] = mapped_column(String(255), default="English")
    doc_type: Mapped[str | None] = mapped_column(String(40))
    doc_metadata: Mapped[str | None] = mapped_column(Text)
    """JSON object by field name."""

    indexing_status: Mapped[str] = mapped_column(String(16), default=IndexingStatus.WAITING)
    processing_started_at: Mapped[int | None] = mapped_column(BigInteger)
    parsing_completed_at: Mapped[int | None] = mapped_column(BigInteger)
    cleaning_completed_at: Mapped[int | None] = mapped_column(BigInteger)
    splitting_completed_at: Mapped[int | None] = mapped_column(BigInteger)
    completed_at: Mapped[int | None] = mapped_column(BigInteger)
    stopped_at: Mapped[int | None] = mapped_column(BigInteger)
    error: Mapped[str | None] = mapped_column(Text)
    notice: Mapped[str | None] = mapped_column(Text)
    """What a completed document could not give, for example the pages that are pictures."""
    word_count: Mapped[int] = mapped_column(default=0)
    """Characters."""
    tokens: Mapped[int] = mapped_column(default=0)
    indexing_latency: Mapped[float | None] = mapped_column(Float)
    """Seconds."""
    segment_count: Mapped[int] = mapped_column(default=0)
    """Chunks without those that are about to be replaced."""
    hit_count: Mapped[int] = mapped_column(default=0)

    job: Mapped[str | None] = mapped_column(String(24))
    """What a worker has still to do (a `Job`), None: nothing."""
    lease_owner: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[int | None] = mapped_column(BigInteger)
    """A worker that dies leaves its lease to run out; another one takes the job up."""
    attempts: Mapped[int] = mapped_column(default=0)

    summary_status: Mapped[str | None] = mapped_column(String(16))
    """None: summaries of its chunks were never asked for."""
    unused_since: Mapped[int | None] = mapped_column(BigInteger)
    """When the server switched it off because nobody had used its base; None again as soon as people switch it."""

    is_paused: Mapped[bool] = mapped_column(default=False)
    paused_by: Mapped[str | None] = mapped_column(String(36))
    paused_at: Mapped[int | None] = mapped_column(BigInteger)
    enabled: Mapped[bool] = mapped_column(default=True)
    disabled_at: Mapped[int | None] = mapped_column(BigInteger)
    disabled_by: Mapped[str | None] = mapped_column(String(36))
    archived: Mapped[bool] = mapped_column(default=False)
    archived_reason: Mapped[str | None] = mapped_column(String(32))
    archived_at: Mapped[int | None] = mapped_column(BigInteger)
    archived_by: Mapped[str | None] = mapped_column(String(36))
    created_by: Mapped[str | None] = mapped_column(String(36))
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        Index(None, "base_id", "position"),
        Index(None, "base_id", "created_at", "id"),
        Index(None, "base_id", "batch"),
        Index(
            "ix_knowledge_documents_due",
            "lease_until",
            sqlite_where=text("job IS NOT NULL"),
            postgresql_where=text("job IS NOT NULL"),
        ),
    )


class Segment(Base):
    __tablename__ = "knowledge_segments"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(String(36))
    base_id: Mapped[str] = mapped_column(ForeignKey("knowledge_bases.id", ondelete="CASCADE"))
    document_id: Mapped[str] = mapped_column(ForeignKey("knowledge_documents.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column()
    content: Mapped[str] = mapped_column(Text)
    answer: Mapped[str | None] = mapped_column(Text)
    word_count: Mapped[int] = mapped_column(default=0)
    tokens: Mapped[int] = mapped_column(default=0)
    keywords: Mapped[str | None] = mapped_column(Text)
    """JSON list of text."""
    place: Mapped[str | None] = mapped_column(Text)
    """JSON `{page?, heading?}`: where in the original it stands."""
    index_node_id: Mapped[str] = mapped_column(String(36))
    """The id of its vector."""
    index_node_hash: Mapped[str] = mapped_column(String(64))
    hit_count: Mapped[int] = mapped_column(default=0)
    enabled: Mapped[bool] = mapped_column(default=False)
    """What people want; whether it is searched also depends on its document."""
    disabled_at: Mapped[int | None] = mapped_column(BigInteger)
    disabled_by: Mapped[str | None] = mapped_column(String(36))
    status: Mapped[str] = mapped_column(String(16), default=SegmentStatus.WAITING)
    error: Mapped[str | None] = mapped_column(Text)
    indexing_at: Mapped[int | None] = mapped_column(BigInteger)
    completed_at: Mapped[int | None] = mapped_column(BigInteger)
    stopped_at: Mapped[int | None] = mapped_column(BigInteger)
    created_by: Mapped[str | None] = mapped_column(String(36))
    updated_by: Mapped[str | None] = mapped_column(String(36))
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        Index(None, "document_id", "position"),
        Index(None, "base_id", "status"),
        Index(None, "index_node_id"),
    )


class ChildChunk(Base):
    """A part of a parent chunk; only children carry vectors then."""

    __tablename__ = "knowledge_child_chunks"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(String(36))
    base_id: Mapped[str] = mapped_column(ForeignKey("knowledge_bases.id", ondelete="CASCADE"))
    document_id: Mapped[str] = mapped_column(ForeignKey("knowledge_documents.id", ondelete="CASCADE"), index=True)
    segment_id: Mapped[str] = mapped_column(ForeignKey("knowledge_segments.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column()
    content: Mapped[str] = mapped_column(Text)
    word_count: Mapped[int] = mapped_column(default=0)
    type: Mapped[str] = mapped_column(String(16), default="automatic")
    """`automatic` or `customized`."""
    index_node_id: Mapped[str] = mapped_column(String(36))
    index_node_hash: Mapped[str] = mapped_column(String(64))
    error: Mapped[str | None] = mapped_column(Text)
    indexing_at: Mapped[int | None] = mapped_column(BigInteger)
    completed_at: Mapped[int | None] = mapped_column(BigInteger)
    created_by: Mapped[str | None] = mapped_column(String(36))
    updated_by: Mapped[str | None] = mapped_column(String(36))
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (Index(None, "segment_id", "position"), Index(None, "base_id"), Index(None, "index_node_id"))


class Facet(Base):
    """What a chunk is found by besides its text: its summary, or a picture that stands in it."""

    __tablename__ = "knowledge_chunk_facets"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    """Also that of its vector."""
    workspace_id: Mapped[str] = mapped_column(String(36))
    base_id: Mapped[str] = mapped_column(ForeignKey("knowledge_bases.id", ondelete="CASCADE"), index=True)
    document_id: Mapped[str] = mapped_column(ForeignKey("knowledge_documents.id", ondelete="CASCADE"), index=True)
    segment_id: Mapped[str] = mapped_column(ForeignKey("knowledge_segments.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(16))
    content: Mapped[str] = mapped_column(Text)
    """The summary, or the id of the picture's file."""
    hash: Mapped[str] = mapped_column(String(64))
    source_hash: Mapped[str] = mapped_column(String(64), default="")
    """Of the chunk's text that a summary was made of; another one now means that it is out of date."""
    by_hand: Mapped[bool] = mapped_column(default=False)
    """Somebody wrote it: it stays as it is."""
    status: Mapped[str] = mapped_column(String(16))
    """`completed` or `error`."""
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (Index(None, "segment_id", "kind"),)


class KnowledgeQuery(Base):
    """What a base was asked: by apps, and by people who try it."""

    __tablename__ = "knowledge_queries"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(String(36))
    base_id: Mapped[str] = mapped_column(ForeignKey("knowledge_bases.id", ondelete="CASCADE"))
    content: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(String(16))
    """`app`, `hit_testing` or `plugin`."""
    source_app_id: Mapped[str | None] = mapped_column(String(36))
    created_by_role: Mapped[str] = mapped_column(String(16))
    created_by: Mapped[str | None] = mapped_column(String(36))
    created_at: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (Index(None, "base_id", "created_at", "id"),)


class MetadataField(Base):
    """A field that people gave the documents of a base; the values are in the documents, by name."""

    __tablename__ = "knowledge_metadata_fields"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(String(36))
    base_id: Mapped[str] = mapped_column(ForeignKey("knowledge_bases.id", ondelete="CASCADE"))
    type: Mapped[str] = mapped_column(String(16))
    """`string`, `number` or `time`."""
    name: Mapped[str] = mapped_column(String(255))
    created_by: Mapped[str | None] = mapped_column(String(36))
    created_at: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (Index("uq_knowledge_metadata_fields_name", "base_id", "name", unique=True),)


class AppKnowledge(Base):
    """Which app uses which base: rewritten when an app's configuration is saved or a workflow published."""

    __tablename__ = "knowledge_app_bases"

    app_id: Mapped[str] = mapped_column(ForeignKey(App.id, ondelete="CASCADE"), primary_key=True)
    base_id: Mapped[str] = mapped_column(String(36), primary_key=True, index=True)
    """No foreign key: an app may name a base that is gone."""
    workspace_id: Mapped[str] = mapped_column(String(36))
    created_at: Mapped[int] = mapped_column(BigInteger)


class ExternalApi(Base):
    """A server elsewhere that answers searches (spec knowledge §4.4)."""

    __tablename__ = "knowledge_external_apis"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(ForeignKey(Workspace.id, ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(100))
    description: Mapped[str] = mapped_column(Text, default="")
    endpoint: Mapped[str] = mapped_column(Text)
    api_key: Mapped[str] = mapped_column(Text)
    """Encrypted."""
    created_by: Mapped[str | None] = mapped_column(String(36))
    updated_by: Mapped[str | None] = mapped_column(String(36))
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (Index(None, "workspace_id", "created_at", "id"),)


class SourceCredential(Base):
    """What opens a data source: a key of a crawling service, or a Notion workspace."""

    __tablename__ = "knowledge_source_credentials"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(ForeignKey(Workspace.id, ondelete="CASCADE"))
    category: Mapped[str] = mapped_column(String(16))
    """`website` or `notion`."""
    provider: Mapped[str] = mapped_column(String(32))
    credentials: Mapped[str] = mapped_column(Text)
    """Encrypted JSON."""
    source_info: Mapped[str | None] = mapped_column(Text)
    """JSON: of Notion, the workspace and the pages that were granted."""
    disabled: Mapped[bool] = mapped_column(default=False)
    created_by: Mapped[str | None] = mapped_column(String(36))
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (Index(None, "workspace_id", "category", "provider"),)


class CrawlJob(Base):
    """A website being read, or read: its pages wait here until they are chosen as documents."""

    __tablename__ = "knowledge_crawl_jobs"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(ForeignKey(Workspace.id, ondelete="CASCADE"))
    provider: Mapped[str] = mapped_column(String(32))
    remote_id: Mapped[str | None] = mapped_column(String(255))
    url: Mapped[str] = mapped_column(Text)
    options: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(16))
    """`active`, `completed` or `error`."""
    error: Mapped[str | None] = mapped_column(Text)
    total: Mapped[int] = mapped_column(default=0)
    current: Mapped[int] = mapped_column(default=0)
    pages_key: Mapped[str | None] = mapped_column(String(255))
    """Where in the file store the pages are."""
    created_by: Mapped[str | None] = mapped_column(String(36))
    created_at: Mapped[int] = mapped_column(BigInteger)
    finished_at: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (Index(None, "workspace_id", "created_at", "id"),)


class StoredOrder(Base):
    """What a pipeline was told to read for a document: to go on after a death, and to run it again."""

    __tablename__ = "knowledge_pipeline_orders"

    document_id: Mapped[str] = mapped_column(ForeignKey("knowledge_documents.id", ondelete="CASCADE"), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(String(36))
    start_node_id: Mapped[str] = mapped_column(Text)
    datasource_type: Mapped[str] = mapped_column(String(24))
    datasource_info: Mapped[str] = mapped_column(Text)
    """JSON object, with the content of a page."""
    inputs: Mapped[str] = mapped_column(Text)
    """JSON object of the answers, as they were given."""
    created_by: Mapped[str | None] = mapped_column(String(36))
    """Who ran it last."""
    created_at: Mapped[int] = mapped_column(BigInteger)


class ChunkImport(Base):
    """A table of chunks being added to a document."""

    __tablename__ = "knowledge_chunk_imports"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(ForeignKey(Workspace.id, ondelete="CASCADE"))
    base_id: Mapped[str] = mapped_column(String(36))
    document_id: Mapped[str] = mapped_column(String(36))
    status: Mapped[str] = mapped_column(String(16))
    """`waiting`, `processing`, `completed` or `error`."""
    rows: Mapped[str] = mapped_column(Text)
    """JSON: what is to be added."""
    error: Mapped[str | None] = mapped_column(Text)
    created_by: Mapped[str | None] = mapped_column(String(36))
    created_at: Mapped[int] = mapped_column(BigInteger)
    lease_owner: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[int | None] = mapped_column(BigInteger)


class EmbeddingCache(Base):
    """Vectors by text, so that nothing is paid twice."""

    __tablename__ = "knowledge_embedding_cache"

    provider: Mapped[str] = mapped_column(String(255), primary_key=True)
    model: Mapped[str] = mapped_column(String(255), primary_key=True)
    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    vector: Mapped[bytes] = mapped_column(LargeBinary)
    """Little-endian float32, of unit length."""
    created_at: Mapped[int] = mapped_column(BigInteger, index=True)

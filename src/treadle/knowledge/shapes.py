"""What the interfaces tell about knowledge bases, documents and chunks: the same for the console and for `/v1`.

Times are seconds since the epoch. Source: spec knowledge §1, service-api §5.
"""

from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

SearchMethod = Literal["semantic_search", "full_text_search", "hybrid_search", "keyword_search"]
RerankingMode = Literal["reranking_model", "weighted_score"]
Row = TypeVar("Row")
JsonMap = dict[str, Any]


@dataclass(slots=True)
class RerankingModel:
    reranking_provider_name: str = ""
    reranking_model_name: str = ""


@dataclass(slots=True)
class VectorSetting:
    vector_weight: float = 0.7
    embedding_provider_name: str = ""
    embedding_model_name: str = ""


@dataclass(slots=True)
class KeywordSetting:
    keyword_weight: float = 0.3


@dataclass(slots=True)
class Weights:
    """How much nearness of meaning and shared words count; together 1."""

    weight_type: str | None = None
    vector_setting: VectorSetting = field(default_factory=VectorSetting)
    keyword_setting: KeywordSetting = field(default_factory=KeywordSetting)


@dataclass(slots=True)
class RetrievalModel:
    """How a base is searched (spec knowledge §10.1)."""

    search_method: SearchMethod = "semantic_search"
    reranking_enable: bool = False
    reranking_mode: RerankingMode | None = None
    reranking_model: RerankingModel | None = field(default_factory=RerankingModel)
    weights: Weights | None = None
    top_k: int = 4
    score_threshold_enabled: bool = False
    score_threshold: float | None = None


@dataclass(slots=True)
class ExternalRetrieval:
    top_k: int = 2
    score_threshold: float = 0.0
    score_threshold_enabled: bool = False


@dataclass(slots=True)
class ExternalKnowledgeInfo:
    external_knowledge_id: str | None = None
    external_knowledge_api_id: str | None = None
    external_knowledge_api_name: str | None = None
    external_knowledge_api_endpoint: str | None = None


@dataclass(slots=True)
class TagShown:
    id: str
    name: str
    type: str = "knowledge"


@dataclass(slots=True)
class FieldShown:
    """A metadata field."""

    id: str
    name: str
    type: str


@dataclass(slots=True)
class FieldCount:
    """A metadata field, and how many documents have it."""

    id: str
    name: str
    type: str
    count: int


@dataclass(slots=True)
class FieldValue:
    """A metadata field of a document with its value: text, a number, or seconds since the epoch."""

    id: str
    name: str
    type: str
    value: str | int | float | None


@dataclass(slots=True)
class IconInfo:
    icon_type: str | None = None
    icon: str | None = None
    icon_background: str | None = None
    icon_url: str | None = None


@dataclass(slots=True)
class MemberEntry:
    """A member who may use a base that is shared with some."""

    user_id: str
    role: str | None = None


@dataclass(slots=True, kw_only=True)
class DatasetShown:
    """A knowledge base."""

    id: str
    name: str
    description: str
    provider: str
    permission: str
    data_source_type: str | None
    indexing_technique: str | None
    app_count: int
    document_count: int
    word_count: int
    created_by: str | None
    author_name: str | None
    created_at: int
    updated_by: str | None
    updated_at: int
    embedding_model: str | None
    embedding_model_provider: str | None
    embedding_available: bool | None
    retrieval_model_dict: RetrievalModel
    tags: list[TagShown]
    doc_form: str | None
    external_knowledge_info: ExternalKnowledgeInfo
    external_retrieval_model: ExternalRetrieval
    doc_metadata: list[FieldShown]
    built_in_field_enabled: bool
    summary_index_setting: dict[str, Any] | None = None
    pipeline_id: str | None = None
    runtime_mode: str = "general"
    chunk_structure: str | None = None
    icon_info: IconInfo | None = None
    is_published: bool = False
    total_documents: int = 0
    total_available_documents: int = 0
    available_document_count: int = 0
    enable_api: bool = True
    is_multimodal: bool = False
    keyword_number: int = 10
    index_building: bool = False
    """Whether another index is under construction; searches use the old one until it is ready."""
    partial_member_list: list[str] | None = None
    """The accounts that it is shared with; None unless it is shared with some."""


@dataclass(slots=True, kw_only=True)
class Page(Generic[Row]):
    """A page of a list. `has_more`: another page exists."""

    data: list[Row]
    has_more: bool
    limit: int
    total: int
    page: int


@dataclass(slots=True, kw_only=True)
class DocumentShown:
    """A document in a list."""

    id: str
    position: int
    data_source_type: str
    data_source_info: dict[str, Any]
    data_source_detail_dict: dict[str, Any]
    dataset_process_rule_id: str | None
    name: str
    created_from: str
    created_by: str | None
    created_at: int
    tokens: int
    indexing_status: str
    error: str | None
    enabled: bool
    disabled_at: int | None
    disabled_by: str | None
    archived: bool
    display_status: str
    word_count: int
    hit_count: int
    doc_form: str
    doc_metadata: list[FieldValue]
    segment_count: int
    notice: str | None = None
    """What a document that was read could not give, for people."""
    summary_index_status: str | None = None
    """`SUMMARIZING` while chunks wait for a summary, `ERROR` when some could not be made."""
    need_summary: bool = False
    completed_segments: int | None = None
    total_segments: int | None = None


@dataclass(slots=True, kw_only=True)
class DocumentDetail(DocumentShown):
    """A document whole."""

    dataset_process_rule: dict[str, Any] | None
    document_process_rule: dict[str, Any] | None
    completed_at: int | None
    updated_at: int | None
    indexing_latency: float | None
    doc_type: str | None
    average_segment_length: int
    doc_language: str


@dataclass(slots=True, kw_only=True)
class ProgressShown:
    """How far a document is. `indexing_status` is `paused` while it is held."""

    id: str
    indexing_status: str
    processing_started_at: int | None
    parsing_completed_at: int | None
    cleaning_completed_at: int | None
    splitting_completed_at: int | None
    completed_at: int | None
    paused_at: int | None
    error: str | None
    stopped_at: int | None
    completed_segments: int
    total_segments: int


@dataclass(slots=True, kw_only=True)
class ChildShown:
    """A part of a parent chunk."""

    id: str
    segment_id: str
    content: str
    position: int
    word_count: int
    type: str
    created_at: int
    updated_at: int


@dataclass(slots=True, kw_only=True)
class AttachmentShown:
    """A picture that stands in a chunk."""

    id: str
    name: str
    size: int
    extension: str
    mime_type: str
    source_url: str


@dataclass(slots=True, kw_only=True)
class SegmentShown:
    """A chunk. `place` says where in the original it stands."""

    id: str
    position: int
    document_id: str
    content: str
    sign_content: str
    answer: str | None
    word_count: int
    tokens: int
    keywords: list[str] | None
    index_node_id: str
    index_node_hash: str
    hit_count: int
    enabled: bool
    disabled_at: int | None
    disabled_by: str | None
    status: str
    created_by: str | None
    created_at: int
    updated_at: int
    updated_by: str | None
    indexing_at: int | None
    completed_at: int | None
    error: str | None
    stopped_at: int | None
    child_chunks: list[ChildShown] = field(default_factory=list[ChildShown])
    place: dict[str, Any] | None = None
    attachments: list[AttachmentShown] = field(default_factory=list[AttachmentShown])
    summary: str | None = None


@dataclass(slots=True, kw_only=True)
class SegmentPage:
    data: list[SegmentShown]
    doc_form: str
    limit: int
    total: int
    total_pages: int
    page: int
    has_more: bool


@dataclass(slots=True, kw_only=True)
class ChildPage:
    data: list[ChildShown]
    total: int
    total_pages: int
    page: int
    limit: int


@dataclass(slots=True, kw_only=True)
class SegmentAnswer:
    data: SegmentShown
    doc_form: str


@dataclass(slots=True, kw_only=True)
class QueryShown:
    """A question that a base was asked."""

    id: str
    content: str
    source: str
    source_app_id: str | None
    created_by_role: str
    created_by: str | None
    created_at: int


@dataclass(slots=True, kw_only=True)
class ExternalApiShown:
    """A server elsewhere that answers searches. Of the key, only its end is shown."""

    id: str
    tenant_id: str
    name: str
    description: str
    settings: dict[str, str]
    dataset_bindings: list[dict[str, str]]
    created_by: str | None
    created_at: str


@dataclass(slots=True, kw_only=True)
class RelatedApp:
    """An app that uses a base."""

    id: str
    name: str
    description: str
    mode: str
    icon_type: str
    icon: str
    icon_background: str | None
    icon_url: str | None = None

"""What callers ask for, as plain data: the console and `/v1` both fill these in.

None means: not given. What a value may be is checked where it is used, so that both interfaces refuse it alike.
"""

from dataclasses import dataclass, field
from typing import Any

JsonMap = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class NewDataset:
    """A new knowledge base. `external_*` belong to one that is elsewhere."""

    name: str
    description: str | None = None
    indexing_technique: str | None = None
    permission: str | None = None
    partial_member_list: list[JsonMap] | None = None
    """Whom a base with the permission `partial_members` is shared with; whoever makes it has it without that."""
    provider: str | None = None
    external_knowledge_api_id: str | None = None
    external_knowledge_id: str | None = None
    external_retrieval_model: JsonMap | None = None
    embedding_model: str | None = None
    embedding_model_provider: str | None = None
    retrieval_model: JsonMap | None = None
    summary_index_setting: JsonMap | None = None
    icon_info: JsonMap | None = None


@dataclass(slots=True, kw_only=True)
class DatasetChange:
    """What is to change about a base; what is left out stays."""

    name: str | None = None
    description: str | None = None
    permission: str | None = None
    partial_member_list: list[JsonMap] | None = None
    indexing_technique: str | None = None
    retrieval_model: JsonMap | None = None
    embedding_model: str | None = None
    embedding_model_provider: str | None = None
    external_retrieval_model: JsonMap | None = None
    external_knowledge_id: str | None = None
    external_knowledge_api_id: str | None = None
    icon_info: JsonMap | None = None
    keyword_number: int | None = None
    enable_api: bool | None = None
    summary_index_setting: JsonMap | None = None
    is_multimodal: bool | None = None


@dataclass(slots=True, kw_only=True)
class FileList:
    file_ids: list[str] = field(default_factory=list[str])


@dataclass(slots=True, kw_only=True)
class WebsiteList:
    """Pages of a crawl. `urls` as the crawl named them."""

    provider: str
    job_id: str
    urls: list[str] = field(default_factory=list[str])
    only_main_content: bool = True


@dataclass(slots=True, kw_only=True)
class NotionPage:
    page_id: str
    page_name: str = ""
    page_icon: JsonMap | None = None
    type: str = "page"


@dataclass(slots=True, kw_only=True)
class NotionList:
    workspace_id: str
    pages: list[NotionPage] = field(default_factory=list[NotionPage])
    credential_id: str | None = None


@dataclass(slots=True, kw_only=True)
class SourceList:
    """Where documents come from: one kind of source per base."""

    data_source_type: str
    file_info_list: FileList | None = None
    notion_info_list: list[NotionList] | None = None
    website_info_list: WebsiteList | None = None


@dataclass(slots=True, kw_only=True)
class DataSource:
    info_list: SourceList
    type: str | None = None


@dataclass(slots=True, kw_only=True)
class NewDocuments:
    """Documents to add, or with `original_document_id` one to cut anew."""

    data_source: DataSource | None = None
    process_rule: JsonMap | None = None
    indexing_technique: str | None = None
    duplicate: bool = True
    original_document_id: str | None = None
    doc_form: str | None = None
    doc_language: str | None = None
    doc_type: str | None = None
    doc_metadata: JsonMap | None = None
    retrieval_model: JsonMap | None = None
    embedding_model: str | None = None
    embedding_model_provider: str | None = None
    name: str | None = None


@dataclass(slots=True, kw_only=True)
class FirstDocuments(NewDocuments):
    """The documents that a base is made of. Without `dataset_name` it is named after the first."""

    dataset_name: str | None = None
    dataset_permission: str | None = None
    dataset_members: list[JsonMap] | None = None


@dataclass(slots=True, kw_only=True)
class EstimateOrder:
    """What a preview is to show."""

    info_list: SourceList
    process_rule: JsonMap
    indexing_technique: str | None = None
    doc_form: str | None = None
    dataset_id: str | None = None
    doc_language: str | None = None


@dataclass(slots=True, kw_only=True)
class NewSegment:
    content: str
    answer: str | None = None
    keywords: list[str] | None = None


@dataclass(slots=True, kw_only=True)
class SegmentChange:
    """`enabled` false switches the chunk off and leaves the rest aside."""

    content: str | None = None
    answer: str | None = None
    keywords: list[str] | None = None
    enabled: bool | None = None
    regenerate_child_chunks: bool = False
    summary: str | None = None
    """Written by hand; empty text takes the summary away, and another one is made where the base makes them."""


@dataclass(slots=True, kw_only=True)
class ChildDraft:
    """A child chunk: with `id` one that exists, without it a new one."""

    content: str
    id: str | None = None


@dataclass(slots=True, kw_only=True)
class MetadataValue:
    id: str
    name: str
    value: str | int | float | None = None


@dataclass(slots=True, kw_only=True)
class DocumentMetadata:
    """The values of one document. Without `partial_update` they replace all that it has."""

    document_id: str
    metadata_list: list[MetadataValue]
    partial_update: bool = False

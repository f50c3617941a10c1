"""What older clients say about a document: a type, and values of the type's own fields. Source: spec knowledge §17."""

from dataclasses import dataclass

from treadle.knowledge.requests import JsonMap
from treadle.platform.refusals import Refusal

FIELDS: dict[str, tuple[str, ...]] = {
    "book": ("title", "language", "author", "publisher", "publication_date", "isbn", "category"),
    "web_page": ("title", "url", "language", "publish_date", "author/publisher", "topic/keywords", "description"),
    "paper": (
        "title", "language", "author", "publish_date", "journal/conference_name", "volume/issue/page_numbers", "doi",
        "topic/keywords", "abstract",
    ),
    "social_media_post": ("platform", "author/username", "publish_date", "post_url", "topic/tags"),
    "wikipedia_entry": (
        "title", "language", "web_page_url", "last_edit_date", "editor/contributor", "summary/introduction",
    ),
    "personal_document": (
        "title", "author", "creation_date", "last_modified_date", "document_type", "tags/category",
    ),
    "business_document": (
        "title", "author", "creation_date", "last_modified_date", "document_type", "tags/category", "department/team",
    ),
    "im_chat_log": ("chat_platform", "chat_participants/group_name", "start_date", "end_date", "summary"),
    "synced_from_notion": (
        "title", "language", "author/creator", "creation_date", "last_modified_date", "notion_page_link",
        "category/tags", "description",
    ),
    "synced_from_github": (
        "repository_name", "repository_description", "repository_owner/organization", "code_filename",
        "code_file_path", "programming_language", "github_link", "open_source_license", "commit_date", "commit_author",
    ),
}  # fmt: skip
OTHERS = "others"
"""The type whose values are not looked at."""


@dataclass(frozen=True, slots=True)
class Described:
    """A type with its values."""

    type: str
    values: JsonMap


def checked_type(type: str | None, values: JsonMap | None) -> Described | None:
    """What a caller says about a document; None when nothing is said. Raises Refusal (`invalid_metadata`)."""
    if type is None and values is None:
        return None
    if not type or values is None:
        raise _invalid("Give `doc_type` and `doc_metadata` together.")
    if type == OTHERS:
        return Described(type, values)
    fields = FIELDS.get(type)
    if fields is None:
        raise _invalid(f"`doc_type` must be one of {', '.join((*FIELDS, OTHERS))}, not {type!r}.")
    known = {name: values[name] for name in fields if name in values}
    for name, value in known.items():
        if not isinstance(value, str):
            raise _invalid(f"`doc_metadata.{name}` must be text.")
    return Described(type, known)


def _invalid(message: str) -> Refusal:
    return Refusal(message, code="invalid_metadata", param="doc_metadata")

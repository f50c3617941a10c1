"""What the console tells about annotations. Times are seconds since the epoch."""

from dataclasses import dataclass, field

from .jobs import JobStatus


@dataclass(slots=True, kw_only=True)
class AnnotationShown:
    """`message_id`: the answer that it was made from; `author`: who made it."""

    id: str
    question: str
    answer: str
    hit_count: int
    message_id: str | None
    conversation_id: str | None
    author: str
    created_at: int
    updated_at: int


@dataclass(slots=True, kw_only=True)
class AnnotationPage:
    data: list[AnnotationShown]
    has_more: bool
    limit: int
    total: int
    page: int


@dataclass(slots=True, kw_only=True)
class HitShown:
    """A question that an annotation answered. `match`: its question then, `response`: the answer that was given."""

    id: str
    source: str
    score: float
    question: str
    match: str
    response: str
    created_at: int


@dataclass(slots=True, kw_only=True)
class HitPage:
    data: list[HitShown]
    has_more: bool
    limit: int
    total: int
    page: int


@dataclass(slots=True, kw_only=True)
class MessageAnnotation:
    """What annotations have to do with an answer: the one made from it, and the one that gave it with its score."""

    message_id: str
    made: AnnotationShown | None = None
    given_by: str | None = None
    score: float | None = None


@dataclass(slots=True, kw_only=True)
class EmbeddingChoice:
    """A model that compares questions; both names empty: only the same question is answered."""

    embedding_provider_name: str = ""
    embedding_model_name: str = ""


@dataclass(slots=True, kw_only=True)
class ReplySetting:
    """Whether an app answers with its annotations. `job`: the one that switches it on or off right now.

    `pending`: questions that are not indexed yet, `error`: why that failed last.
    """

    enabled: bool
    id: str | None = None
    score_threshold: float | None = None
    embedding_model: EmbeddingChoice | None = None
    job: "JobShown | None" = None
    pending: int = 0
    error: str | None = None


@dataclass(slots=True, kw_only=True)
class LineProblemShown:
    """Why a line of a file was left out."""

    line: int
    message: str


@dataclass(slots=True, kw_only=True)
class JobShown:
    """Work that goes on. `done` of `total`: questions indexed, or annotations kept; `skipped`: lines left out."""

    job_id: str
    job_status: JobStatus
    kind: str
    error_msg: str = ""
    done: int = 0
    total: int = 0
    skipped: list[LineProblemShown] = field(default_factory=list[LineProblemShown])

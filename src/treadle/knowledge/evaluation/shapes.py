"""What the interfaces tell about question sets and evaluations. Times are seconds since the epoch."""

from dataclasses import dataclass, field

from treadle.knowledge.shapes import JsonMap, RetrievalModel


@dataclass(slots=True, kw_only=True)
class QuestionSetShown:
    """`status`: waiting, running, ready or error; `wanted`: how many questions a model was asked to write."""

    id: str
    name: str
    status: str
    wanted: int
    question_count: int
    error: str | None
    created_by: str | None
    created_at: int


@dataclass(slots=True, kw_only=True)
class ExpectedShown:
    """What answers a question: an empty passage stands for the whole document, an empty document for any."""

    document: str = ""
    passage: str = ""


@dataclass(slots=True, kw_only=True)
class QuestionShown:
    id: str
    position: int
    question: str
    expected: list[ExpectedShown]


@dataclass(slots=True, kw_only=True)
class NewQuestion:
    question: str
    document: str = ""
    passage: str = ""


@dataclass(slots=True, kw_only=True)
class NewQuestionSet:
    """With questions, or with `generate`: how many a model is to write about the chunks of the base."""

    name: str
    questions: list[NewQuestion] = field(default_factory=list[NewQuestion])
    generate: int = 0


@dataclass(slots=True, kw_only=True)
class NewVariant:
    """A way of searching. Without `dataset_id` the base itself; without `retrieval_model` the settings of that base."""

    name: str = ""
    dataset_id: str | None = None
    retrieval_model: JsonMap | None = None


@dataclass(slots=True, kw_only=True)
class NewEvaluation:
    question_set_id: str
    variants: list[NewVariant]


@dataclass(slots=True, kw_only=True)
class Variant:
    """A way of searching, as it was tried."""

    name: str
    dataset_id: str
    dataset_name: str
    retrieval_model: RetrievalModel


@dataclass(slots=True, kw_only=True)
class FigureShown:
    """A mean from 0 to 1 with the interval in which it lies with 95 %."""

    value: float
    low: float
    high: float


@dataclass(slots=True, kw_only=True)
class VariantResult:
    """The figures of a variant. `places`: by question, where each expected passage came, from 1; 0: not at all. Lists
    of evaluations leave them out.

    `p50_ms` and `p95_ms`: how long a search took. `failed`: questions whose search failed, `error` the first reason.
    """

    figures: dict[str, FigureShown]
    p50_ms: float
    p95_ms: float
    places: dict[str, list[int]]
    failed: int = 0
    error: str | None = None


@dataclass(slots=True, kw_only=True)
class EvaluationShown:
    """`status`: waiting, running, completed, stopped or error. `results[i]` belongs to `variants[i]`."""

    id: str
    question_set_id: str
    question_set_name: str
    status: str
    done: int
    total: int
    error: str | None
    variants: list[Variant]
    results: list[VariantResult]
    created_by: str | None
    created_at: int
    finished_at: int | None

"""How the chunks of a base are summarised, as callers write it and as it is kept. Source: spec knowledge §23."""

from dataclasses import dataclass, replace

import msgspec

from treadle.knowledge.retrieval_settings import converted
from treadle.knowledge.shapes import JsonMap
from treadle.knowledge.tables import DocForm, KnowledgeBase, Technique
from treadle.platform.refusals import InvalidParam, Refusal

LONGEST_PROMPT = 4000


@dataclass(slots=True)
class SummaryIndexSetting:
    """`enable`: chunks that come are summarised. Without a model the workspace's default one does it, without a prompt
    the built-in instruction tells it how."""

    enable: bool = False
    model_name: str | None = None
    model_provider_name: str | None = None
    summary_prompt: str | None = None


def summary_setting_from(given: JsonMap) -> SummaryIndexSetting:
    """What a caller asks for. Raises InvalidParam naming the bad member."""
    name = "summary_index_setting"
    wanted = converted(given, SummaryIndexSetting, name)
    if bool(wanted.model_name) != bool(wanted.model_provider_name):
        raise InvalidParam(
            f"Give `{name}.model_name` and `{name}.model_provider_name` together.", param=f"{name}.model_name"
        )
    if len(wanted.summary_prompt or "") > LONGEST_PROMPT:
        raise InvalidParam(
            f"`{name}.summary_prompt` is longer than {LONGEST_PROMPT:,} characters.", param=f"{name}.summary_prompt"
        )
    return wanted


def set_summaries(base: KnowledgeBase, given: JsonMap | None) -> None:
    """Write what a caller asks for into a base. Raises InvalidParam, and Refusal for a base that has no summaries."""
    if given is None:
        return
    wanted = summary_setting_from(given)
    if wanted.enable and base.indexing_technique == Technique.ECONOMY:
        raise Refusal(
            "Summaries are found by meaning: choose the high-quality technique for this knowledge base first.",
            code="high_quality_dataset_only",
            param="summary_index_setting",
        )
    if wanted.enable and base.doc_form == DocForm.QA:
        raise InvalidParam(
            "Questions with their answers are not summarised: switch `summary_index_setting.enable` off.",
            param="summary_index_setting.enable",
        )
    base.summary_index_setting = msgspec.json.encode(wanted).decode()


def kept_summaries(base: KnowledgeBase) -> SummaryIndexSetting:
    """The setting of a base; switched off where there is none."""
    if not base.summary_index_setting:
        return SummaryIndexSetting()
    return msgspec.json.decode(base.summary_index_setting, type=SummaryIndexSetting)


def kept_text(base: KnowledgeBase, *, enable: bool) -> str:
    """The setting of a base, switched, as it is kept."""
    return msgspec.json.encode(replace(kept_summaries(base), enable=enable)).decode()


def summarises(base: KnowledgeBase) -> bool:
    """Whether chunks that come into a base are summarised."""
    return (
        kept_summaries(base).enable
        and base.indexing_technique == Technique.HIGH_QUALITY
        and base.doc_form != DocForm.QA
    )

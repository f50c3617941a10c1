"""Which features of an app take part in its runs (spec models-and-tools §5.1, §5.4)."""

from typing import Any

import pytest

from treadle.apps.definition import Definition
from treadle.apps.features.plan import DataTool, Extras, extras_of, moderation_problems, query_problems
from treadle.dsl import AppMode, ModelConfig

ON = {"enabled": True, "preset_response": "No."}
OFF = {"enabled": False, "preset_response": ""}


def extras(mode: AppMode = AppMode.CHAT, **settings: Any) -> Extras:
    return extras_of(definition(mode, **settings))


def definition(mode: AppMode = AppMode.CHAT, **settings: Any) -> Definition:
    config, problems = ModelConfig.read({"model": {"provider": "p", "name": "m", "mode": "chat"}, **settings})
    assert problems == []
    return Definition(mode=mode, model_config=config)


def moderation(kind: str = "keywords", **config: Any) -> dict[str, Any]:
    return {"enabled": True, "type": kind, "config": {"inputs_config": ON, "outputs_config": OFF, **config}}


def test_an_app_that_switches_nothing_on_has_nothing_around_it() -> None:
    assert extras(AppMode.COMPLETION) == Extras()
    assert extras() == Extras(annotated=True)
    assert extras(sensitive_word_avoidance={"enabled": False, "type": "keywords"}).moderation is None
    assert extras(sensitive_word_avoidance={"enabled": True, "type": "", "configs": []}).moderation is None


def test_speech_counts_where_it_starts_by_itself() -> None:
    speech = {"enabled": True, "voice": "nova", "language": "en-US"}
    assert extras(text_to_speech=speech).voice is None
    assert extras(text_to_speech={**speech, "autoPlay": "enabled"}).voice == "nova"
    assert extras(text_to_speech={**speech, "autoPlay": "enabled", "enabled": False}).voice is None


def test_data_tools_of_both_places_count_once() -> None:
    form = [{"external_data_tool": {"variable": "a", "label": "A", "type": "api", "config": {"n": 1}}}]
    listed = [
        {"enabled": True, "variable": "a", "type": "api", "config": {"n": 2}},
        {"enabled": True, "variable": "b", "type": "weather", "config": {}},
        {"enabled": False, "variable": "c", "type": "api", "config": {}},
    ]
    found = extras(user_input_form=form, external_data_tools=listed).data_tools
    assert found == (DataTool("a", "api", {"n": 1}), DataTool("b", "weather", {}))


@pytest.mark.parametrize(
    ("feature", "reason"),
    [
        (moderation(inputs_config=OFF, keywords="x"), "for neither inputs nor outputs"),
        (moderation(inputs_config={"enabled": True}, keywords="x"), "must have 1 to 100 characters"),
        (moderation(inputs_config={**ON, "preset_response": "x" * 101}, keywords="x"), "must have 1 to 100 characters"),
        (moderation(keywords="\n \n"), "needs keywords"),
        (moderation(keywords="\n".join(f"w{number}" for number in range(101))), "At most 100 keywords"),
        (moderation(keywords="x" * 10_001), "10000 characters"),
        (moderation("openai_moderation", inputs_config={"enabled": True}), "must have 1 to 100 characters"),
        (moderation("api"), "needs the extension's id"),
    ],
)
def test_a_moderation_that_cannot_work_is_explained(feature: dict[str, Any], reason: str) -> None:
    [problem] = moderation_problems(extras(sensitive_word_avoidance=feature).moderation)
    assert reason in problem.message


def test_an_endpoint_needs_no_preset_reply() -> None:
    feature = moderation("api", inputs_config={"enabled": True}, api_based_extension_id="e")
    assert list(moderation_problems(extras(sensitive_word_avoidance=feature).moderation)) == []


def test_a_completion_app_with_knowledge_says_what_it_looks_up() -> None:
    bases = {"datasets": {"datasets": [{"dataset": {"enabled": True, "id": "kb"}}]}}
    assert len(list(query_problems(definition(AppMode.COMPLETION, dataset_configs=bases)))) == 1
    assert list(query_problems(definition(AppMode.CHAT, dataset_configs=bases))) == []
    named = {"dataset_configs": bases, "dataset_query_variable": "topic"}
    assert list(query_problems(definition(AppMode.COMPLETION, **named))) == []
    assert extras(AppMode.COMPLETION, **named).query_variable == "topic"

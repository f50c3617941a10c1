"""The configuration of basic apps (app-dsl §7)."""

import pytest

from tests.dsl.files import basic_map, parsed
from treadle.dsl import ModelConfig, ProblemKind
from treadle.dsl.model_settings import DEFAULTS, AgentStrategy, FormFieldKind, PromptType


def read(**config: object) -> ModelConfig:
    got = parsed(basic_map(**config))
    assert got.problems == []
    assert got.app is not None
    assert got.app.model_config is not None
    return got.app.model_config


def refusals(**config: object) -> list[str]:
    got = parsed(basic_map(**config))
    assert (got.status, got.app) == ("failed", None)
    assert {p.kind for p in got.problems} == {ProblemKind.BAD_FIELD}
    return [p.message for p in got.problems]


def test_an_empty_configuration_has_every_default_of_the_format():
    config, problems = ModelConfig.read({})
    assert problems == []
    assert config.as_map() == DEFAULTS
    assert set(DEFAULTS) == {*ModelConfig.model_fields, "annotation_reply"}
    assert config.prompt_type is PromptType.SIMPLE
    assert (config.pre_prompt, config.agent_mode.max_iteration) == ("", 10)
    assert (config.dataset_configs.retrieval_model, config.dataset_configs.top_k) == ("multiple", 4)
    assert config.retriever_resource.enabled is True


def test_the_model_keeps_its_parameters_and_gives_stop_apart():
    params = {"temperature": 1, "top_p": 0.5, "stop": ["END"], "response_format": "json"}
    model = read(model={"provider": "openai", "name": "m", "mode": "chat", "completion_params": params}).model
    assert model.stop == ["END"]
    assert model.parameters == {"temperature": 1, "top_p": 0.5, "response_format": "json"}
    assert isinstance(model.parameters["temperature"], int)


def test_advanced_prompts_are_typed():
    config = read(
        prompt_type="advanced",
        chat_prompt_config={"prompt": [{"role": "system", "text": "S"}, {"role": "user", "text": "{{q}}"}]},
        completion_prompt_config={"prompt": {"text": "T"}, "conversation_histories_role": {"user_prefix": "Me"}},
    )
    assert [(m.role, m.text) for m in config.chat_prompt_config.prompt] == [("system", "S"), ("user", "{{q}}")]
    roles = config.completion_prompt_config.conversation_histories_role
    assert (config.completion_prompt_config.prompt.text, roles.user_prefix, roles.assistant_prefix) == (
        "T",
        "Me",
        "Assistant",
    )


def test_the_form_is_typed_by_its_single_keys():
    form = read(
        user_input_form=[
            {"text-input": {"label": "Name", "variable": "name", "required": True, "max_length": "48"}},
            {"paragraph": {"label": "", "variable": "名字", "max_length": None, "hide": False, "key": "x"}},
            {"select": {"label": "S", "variable": "s", "options": ["a", "b"], "default": "b"}},
            {"checkbox": {"label": "C", "variable": "c", "default": True}},
            {"external_data_tool": {"variable": "e", "type": "api", "config": {"api_based_extension_id": "1"}}},
        ]
    ).user_input_form
    assert [f.kind for f in form] == [
        FormFieldKind.TEXT,
        FormFieldKind.PARAGRAPH,
        FormFieldKind.SELECT,
        FormFieldKind.CHECKBOX,
        FormFieldKind.EXTERNAL_DATA_TOOL,
    ]
    assert (form[0].required, form[0].max_length, form[1].max_length) == (True, 48, None)
    assert (form[2].default, form[3].default) == ("b", True)
    assert (form[4].type, form[4].config) == ("api", {"api_based_extension_id": "1"})


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"text-input": {}, "select": {}}, "[0] must be a map of one key, the kind of field, but has 2 keys."),
        ({"slider": {"variable": "a"}}, '[0] has the unknown kind "slider": use one of text-input, paragraph, '),
        ({"number": "a"}, "[0] must have a map under number."),
        ({"number": {"label": "A"}}, "[0].variable is missing: add it."),
        ({"number": {"variable": "1a", "label": "A"}}, "[0].variable must be 1–100 letters, digits or _"),
        ({"number": {"variable": "a", "label": 3}}, "[0].label must be text, but is a number."),
        ({"select": {"variable": "a", "options": ["x"], "default": "y"}}, "[0] has a default that is not among"),
        ("number", "[0] must be a map, but is text."),
    ],
)
def test_a_broken_form_is_refused_by_place(item: object, message: str):
    (told,) = refusals(user_input_form=[item])
    assert told.startswith(f"model_config.user_input_form{message}")


def test_two_form_fields_cannot_share_a_variable():
    item = {"number": {"variable": "a", "label": "A"}}
    assert refusals(user_input_form=[item, item]) == [
        'model_config.user_input_form uses the variable "a" twice: rename one of the fields.'
    ]


def test_retrieval_reads_both_spellings_and_only_enabled_knowledge():
    datasets = [{"dataset": {"enabled": True, "id": "1"}}, {"dataset": {"enabled": False, "id": "2"}}]
    configs = read(
        dataset_configs={
            "datasets": {"strategy": "router", "datasets": datasets},
            "reranking_enabled": True,
            "score_threshold": 1,
            "top_k": None,
        }
    ).dataset_configs
    assert configs.dataset_ids == ["1"]
    assert (configs.retrieval_model, configs.reranking_enable, configs.top_k) == ("single", True, 4)
    assert isinstance(configs.score_threshold, int)


def test_agents_take_old_and_new_tools_and_the_alias_of_react():
    agent = read(
        agent_mode={
            "enabled": True,
            "strategy": "cot",
            "max_iteration": 3,
            "prompt": {"first_prompt": "F"},
            "tools": [
                {"enabled": True, "provider_type": "builtin", "provider_id": "time", "tool_name": "current_time"},
                {"dataset": {"enabled": True, "id": "d1"}},
            ],
        }
    ).agent_mode
    assert (agent.strategy, agent.max_iteration) == (AgentStrategy.REACT, 3)
    assert [(t.tool_name, t.provider_id, t.id) for t in agent.tools] == [
        ("current_time", "time", ""),
        ("dataset", "", "d1"),
    ]


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"agent_mode": {"strategy": "guess"}}, "model_config.agent_mode.strategy must be 'function_call', 'react'"),
        ({"prompt_type": "poem"}, "model_config.prompt_type must be 'simple' or 'advanced', but is \"poem\"."),
        ({"model": []}, "model_config.model must be a map, but is a list."),
        ({"pre_prompt": {}}, "model_config.pre_prompt must be text, but is a map."),
        (
            {"speech_to_text": {"enabled": "on"}},
            "model_config.speech_to_text.enabled must be true or false, but is text.",
        ),
        (
            {"dataset_configs": {"score_threshold": "x"}},
            "model_config.dataset_configs.score_threshold must be a number",
        ),
        ({"suggested_questions": "a"}, "model_config.suggested_questions must be a list, but is text."),
    ],
)
def test_wrong_settings_are_refused_by_name(config: dict, message: str):
    (told,) = refusals(**config)
    assert told.startswith(message)


def test_what_was_read_is_written_verbatim_with_the_missing_keys_added():
    config = read(
        pre_prompt="P",
        agent_mode={"enabled": False, "strategy": None, "extra": {"deep": 1.0}},
        annotation_reply={"enabled": True, "id": "x"},
        unknown=1,
    )
    written = config.as_map()
    assert written["agent_mode"] == {"enabled": False, "strategy": None, "extra": {"deep": 1.0}}
    assert written["annotation_reply"] == {"enabled": False}
    assert "unknown" not in written
    assert set(written) == set(DEFAULTS)

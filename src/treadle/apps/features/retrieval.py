"""How a basic app looks things up, as the settings of a knowledge retrieval node.

Source: spec models-and-tools §2.1, app-dsl §7.5.
"""

from collections.abc import Sequence

from treadle.dsl import JsonMap
from treadle.dsl.model_settings import DatasetConfigs, ModelConfig
from treadle.engine.values import JsonValue


def base_ids(config: ModelConfig) -> list[str]:
    """The knowledge bases of a basic app; old files list them among the tools of an agent."""
    attached = [
        tool.id
        for tool in config.agent_mode.tools
        if tool.enabled and tool.tool_name == "dataset" and not tool.provider_id and tool.id
    ]
    return list(dict.fromkeys([*config.dataset_configs.dataset_ids, *attached]))


def retrieval_data(config: ModelConfig, query: Sequence[str]) -> JsonMap:
    """The `data` of a knowledge retrieval node that does the same; `query` selects what is looked for."""
    settings, model = config.dataset_configs, config.model.model_dump(mode="json")
    data: JsonMap = {
        "query_variable_selector": list(query),
        "dataset_ids": list(base_ids(config)),
        "retrieval_mode": settings.retrieval_model,
    }
    if settings.retrieval_model == "single":
        data["single_retrieval_config"] = {"model": model}
    else:
        data["multiple_retrieval_config"] = _multiple(settings)
    if settings.metadata_filtering_mode != "disabled":
        chosen = settings.metadata_model_config
        data["metadata_filtering_mode"] = settings.metadata_filtering_mode
        data["metadata_model_config"] = chosen.model_dump(mode="json") if chosen and chosen.name else model
        data["metadata_filtering_conditions"] = _conditions(settings)
    return data


def _multiple(settings: DatasetConfigs) -> JsonMap:
    model = settings.reranking_model
    named = bool(model.reranking_provider_name and model.reranking_model_name)
    weighted = settings.reranking_mode == "weighted_score" and settings.weights is not None
    return {
        "top_k": settings.top_k,
        "score_threshold": settings.score_threshold if settings.score_threshold_enabled else None,
        "reranking_enable": settings.reranking_enable
        if "reranking_enable" in settings.model_fields_set
        else named or weighted,
        "reranking_mode": "weighted_score" if weighted else "reranking_model",
        "reranking_model": {"provider": model.reranking_provider_name, "model": model.reranking_model_name}
        if named
        else None,
        "weights": settings.weights.model_dump(mode="json") if weighted and settings.weights else None,
    }


def _conditions(settings: DatasetConfigs) -> JsonValue:
    given = settings.metadata_filtering_conditions
    return {
        "logical_operator": given.logical_operator,
        "conditions": [
            {
                "id": str(place),
                "name": condition.name,
                "comparison_operator": condition.comparison_operator,
                "value": condition.value,
            }
            for place, condition in enumerate(given.conditions)
        ],
    }

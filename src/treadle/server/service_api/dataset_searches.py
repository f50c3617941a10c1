"""Searching knowledge bases, and the models that they can use (spec service-api §5.10, §5.12)."""

from typing import Any

from starlette.types import ASGIApp

from treadle.knowledge.testing import TestOrder
from treadle.models.catalogue import Model, ModelKind
from treadle.platform.refusals import InvalidParam
from treadle.server.app_call import From
from treadle.server.responses import json_response
from treadle.server.service_api.dataset_calls import DATASET, DatasetCall, dataset_route

_KINDS = ("text-embedding", "rerank", "llm", "tts", "speech2text", "moderation")


async def retrieve(call: DatasetCall) -> ASGIApp:
    """POST /datasets/{dataset_id}/retrieve, and its older name hit-testing."""
    return json_response(await call.knowledge.testing.try_out(call.asker, call.dataset_id, call.body(TestOrder)))


async def list_models(call: DatasetCall) -> ASGIApp:
    """GET /workspaces/current/models/model-types/{model_type}."""
    wanted = call.path("model_type")
    if wanted not in _KINDS:
        raise InvalidParam(f"`model_type` must be one of {', '.join(_KINDS)}, not {wanted!r}.", param="model_type")
    kind = ModelKind(wanted)
    workspace_id = call.asker.workspace_id
    found: list[dict[str, Any]] = []
    for provider in call.services.models.providers():
        rows = await call.services.models.administration.models(workspace_id, provider.provider)
        active = [row for row in rows if row.key.kind is kind and row.status == "active"]
        if not active:
            continue
        found.append(
            {
                "tenant_id": workspace_id,
                "provider": provider.provider,
                "label": {"en_US": provider.label.en_US, "zh_Hans": provider.label.zh_Hans},
                "icon_small": None,
                "icon_small_dark": None,
                "status": "active",
                "models": [
                    {
                        "model": row.key.name,
                        "label": _label(row.schema),
                        "model_type": kind.value,
                        "features": sorted(row.schema.features) or None,
                        "fetch_from": "predefined-model" if row.listed else "customizable-model",
                        "model_properties": {"context_size": row.schema.context_size},
                        "deprecated": row.schema.deprecated,
                        "status": "active",
                        "load_balancing_enabled": row.balanced,
                        "has_invalid_load_balancing_configs": False,
                    }
                    for row in active
                ],
            }
        )
    return json_response({"data": found})


def _label(model: Model) -> dict[str, str]:
    label = model.label
    return {
        "en_US": label.en_US if label else model.model,
        "zh_Hans": (label.zh_Hans if label else None) or (label.en_US if label else model.model),
    }


ROUTES = [
    dataset_route("POST", f"{DATASET}/retrieve", retrieve, reads=From.JSON),
    dataset_route("POST", f"{DATASET}/hit-testing", retrieve, reads=From.JSON),
    dataset_route("GET", "/workspaces/current/models/model-types/{model_type}", list_models),
]

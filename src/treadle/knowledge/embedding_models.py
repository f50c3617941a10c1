"""The embedding model of a base: the one that is named, else the workspace's default."""

from dataclasses import dataclass

from treadle.knowledge.tables import KnowledgeBase, Technique
from treadle.models.catalogue import ModelKind
from treadle.models.providers import provider_id
from treadle.models.service import ModelService
from treadle.platform.refusals import InvalidParam, Refusal


@dataclass(frozen=True, slots=True)
class EmbeddingModel:
    provider: str
    name: str


class EmbeddingModels:
    """The embedding models of workspaces."""

    def __init__(self, models: ModelService) -> None:
        self._models = models

    async def choose(self, workspace_id: str, provider: str | None, name: str | None) -> EmbeddingModel:
        """The model that a high-quality base gets. Raises InvalidParam, and Refusal (`provider_not_initialize`)."""
        if bool(provider) != bool(name):
            raise InvalidParam(
                "Give `embedding_model` and `embedding_model_provider` together.", param="embedding_model"
            )
        usable = await self._usable(workspace_id)
        if provider and name:
            wanted = EmbeddingModel(provider_id(provider), name)
            if wanted not in usable:
                raise Refusal(
                    f"The embedding model {name!r} of {provider} is not set up in this workspace.",
                    code="provider_not_initialize",
                    param="embedding_model",
                )
            return wanted
        default = await self._models.default_model(workspace_id, ModelKind.EMBEDDING)
        if default is None:
            raise Refusal(
                "This workspace has no embedding model yet. Add one, or make an economy base, which needs none.",
                code="provider_not_initialize",
            )
        return EmbeddingModel(default.provider, default.name)

    async def available(self, workspace_id: str) -> "Available":
        """Which bases can be searched with what the workspace has set up."""
        return Available(await self._usable(workspace_id))

    async def _usable(self, workspace_id: str) -> frozenset[EmbeddingModel]:
        return frozenset(
            EmbeddingModel(each.provider, each.model)
            for each in await self._models.list_models(workspace_id)
            if each.kind is ModelKind.EMBEDDING
        )


@dataclass(frozen=True, slots=True)
class Available:
    usable: frozenset[EmbeddingModel]

    def for_base(self, base: KnowledgeBase) -> bool:
        """Whether the embedding model of `base`, if it has one, can be called."""
        if base.indexing_technique != Technique.HIGH_QUALITY or not base.embedding_model:
            return True
        return EmbeddingModel(provider_id(base.embedding_model_provider or ""), base.embedding_model) in self.usable

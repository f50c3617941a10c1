"""All routes of `/v1`."""

from treadle.server.declared import DeclaredRoute
from treadle.server.service_api import (
    annotations,
    conversations,
    dataset_documents,
    dataset_metadata,
    dataset_searches,
    dataset_segments,
    datasets,
    description,
    end_users,
    files,
    forms,
    generation,
    pipelines,
    speech,
    workflows,
)

ROUTES: list[DeclaredRoute] = [
    *description.ROUTES,
    *annotations.ROUTES,
    *generation.ROUTES,
    *conversations.ROUTES,
    *workflows.ROUTES,
    *files.ROUTES,
    *forms.ROUTES,
    *end_users.ROUTES,
    *speech.ROUTES,
    *pipelines.ROUTES,
    *datasets.ROUTES,
    *dataset_documents.ROUTES,
    *dataset_segments.ROUTES,
    *dataset_metadata.ROUTES,
    *dataset_searches.ROUTES,
]

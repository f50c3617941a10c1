"""All routes of `/v1`."""

from treadle.server.declared import DeclaredRoute
from treadle.server.service_api import (
    conversations,
    description,
    end_users,
    files,
    forms,
    generation,
    speech,
    workflows,
)

ROUTES: list[DeclaredRoute] = [
    *description.ROUTES,
    *generation.ROUTES,
    *conversations.ROUTES,
    *workflows.ROUTES,
    *files.ROUTES,
    *forms.ROUTES,
    *end_users.ROUTES,
    *speech.ROUTES,
]

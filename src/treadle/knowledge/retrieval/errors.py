"""Searches that cannot be made."""

from collections.abc import Sequence

from treadle.engine.errors import InvokeError, ModelNotExistError, ProviderNotInitializeError
from treadle.knowledge.index.port import IndexUnavailableError
from treadle.platform.refusals import Refusal

SEARCH_ERRORS = (InvokeError, ModelNotExistError, IndexUnavailableError)
"""What models and indexes raise."""


class RetrievalFailed(Refusal):
    """A base could not be searched; the message has all reasons, a line each."""

    status = 500
    code = "retrieval_failed"


def failure(errors: Sequence[BaseException]) -> Refusal:
    """What is said for the errors of searches that ran together (spec knowledge §10.2)."""
    message = ";\n".join(dict.fromkeys(str(error) for error in errors))
    if all(isinstance(error, ModelNotExistError | ProviderNotInitializeError) for error in errors):
        return RetrievalFailed(message, code="provider_not_initialize", status=400)
    return RetrievalFailed(message)

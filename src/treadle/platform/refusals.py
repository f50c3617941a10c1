"""Requests that cannot be served, as one small hierarchy: raised where it is known, put into the error envelope once.

`code` and `status` are contract (spec service-api §1.6); the message is one sentence for people.
"""


class Refusal(Exception):
    """`param` names the one argument at fault, where there is one; `retry_after` is in seconds."""

    status = 400
    code = "invalid_param"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        status: int | None = None,
        param: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.status = status or type(self).status
        self.param = param
        self.retry_after = retry_after


class InvalidParam(Refusal):
    """An argument is missing, of the wrong type, or out of range."""


class BadRequest(Refusal):
    code = "bad_request"


class Unauthorized(Refusal):
    status = 401
    code = "unauthorized"


class Forbidden(Refusal):
    status = 403
    code = "forbidden"


class NotFound(Refusal):
    status = 404
    code = "not_found"


class Conflict(Refusal):
    status = 409
    code = "conflict"


class TooLarge(Refusal):
    status = 413
    code = "file_too_large"


class UnsupportedMediaType(Refusal):
    status = 415
    code = "unsupported_media_type"


class TooManyRequests(Refusal):
    status = 429
    code = "too_many_requests"


class Internal(Refusal):
    status = 500
    code = "internal_server_error"

"""How calls of AWS are authorised: signed with keys or with the role that the machine has, or with an API key.

Source: the vendor's description of Signature Version 4; botocore does the signing and finds the role. It takes a tenth
of a second to import, so it is imported where it is used.
"""

import asyncio
from typing import Literal
from urllib.parse import urlsplit

from treadle.engine.errors import InvokeAuthorizationError
from treadle.models.target import Target

_OF_AWS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws")


class Ambient:
    """The credentials that the machine offers, looked for once: they renew themselves."""

    def __init__(self) -> None:
        self._found: object = None

    def frozen(self) -> object | None:
        """Those of this moment, None where there are none. Asks the network, so call it in a thread."""
        from botocore.credentials import Credentials
        from botocore.session import Session

        if self._found is None:
            self._found = Session().get_credentials()
        if not isinstance(self._found, Credentials):
            return None
        return self._found.get_frozen_credentials()


_ambient = Ambient()


async def signed(
    target: Target,
    url: str,
    body: bytes,
    headers: dict[str, str],
    service: str = "bedrock",
    method: Literal["GET", "POST"] = "POST",
) -> dict[str, str]:
    """`headers` with those that authorise a call of a service of AWS. Raises InvokeAuthorizationError."""
    settings = target.settings
    if settings.get("auth_method") == "API_Key":
        return {**headers, "Authorization": f"Bearer {settings.get('bedrock_api_key', '')}"}
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest

    request = AWSRequest(method=method, url=url, data=body, headers={"Host": urlsplit(url).netloc, **headers})
    SigV4Auth(await credentials_of(target), service, region_of(target)).add_auth(request)
    return {name: str(value) for name, value in request.headers.items() if name != "Host"}


def _trusted(url: str) -> bool:
    """Whether the machine's own role may be shown there: at AWS, or at what runs on the machine itself."""
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "127.0.0.1", "::1") or host.endswith(_OF_AWS)


def region_of(target: Target) -> str:
    """The region that is called."""
    return str(target.settings.get("aws_region") or "us-east-1")


async def credentials_of(target: Target) -> object:
    """The keys that were stored, else those of the machine. Raises InvokeAuthorizationError."""
    from botocore.credentials import Credentials
    from botocore.exceptions import BotoCoreError

    settings = target.settings
    key, secret = str(settings.get("aws_access_key_id", "")), str(settings.get("aws_secret_access_key", ""))
    if key and secret:
        return Credentials(key, secret, str(settings.get("aws_session_token", "")) or None)
    if not _trusted(target.base_url):
        raise InvokeAuthorizationError(
            target.says(
                f"the role of this machine is only used at addresses of AWS, not at {target.base_url}. "
                f"Store aws_access_key_id and aws_secret_access_key: {target.command()}"
            )
        )
    reason = ""
    try:
        found = await asyncio.to_thread(_ambient.frozen)
    except BotoCoreError as error:
        found, reason = None, f" ({error})"
    if found is None:
        raise InvokeAuthorizationError(
            target.says(
                f"neither keys are stored nor does this machine have a role of AWS{reason}. "
                f"Store aws_access_key_id and aws_secret_access_key: {target.command()}"
            )
        )
    return found

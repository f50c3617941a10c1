"""Whether a member number is one."""

from typing import Any

from treadle.tools.own import CredentialsRefused, ToolProvider


class Yardage(ToolProvider):
    def _validate_credentials(self, credentials: dict[str, Any]) -> None:
        if not str(credentials["member_number"]).startswith("M-"):
            raise CredentialsRefused("A member number begins with M-.")

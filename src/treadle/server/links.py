"""Addresses under which people reach this server."""

from dataclasses import dataclass
from urllib.parse import urlencode

from treadle.settings import Settings

_SEGMENTS = {"completion": "completion", "workflow": "workflow"}


@dataclass(frozen=True, slots=True)
class Links:
    """`base` has no slash at its end."""

    base: str
    triggers: str = ""
    """The base of webhook addresses, where it is another one."""

    @classmethod
    def of(cls, settings: Settings) -> "Links":
        host = settings.host if settings.host not in ("0.0.0.0", "::") else "127.0.0.1"
        shown = f"[{host}]" if ":" in host else host
        base = (settings.public_url or f"http://{shown}:{settings.port}").rstrip("/")
        return cls(base, settings.trigger_url.rstrip("/"))

    def webhook(self, webhook_id: str, *, debug: bool = False) -> str:
        """The address of a webhook."""
        return f"{self.triggers or self.base}/triggers/{'webhook-debug' if debug else 'webhook'}/{webhook_id}"

    def activation(self, email: str, token: str) -> str:
        """The page that accepts an invitation."""
        return f"{self.base}/activate?{urlencode({'email': email, 'token': token})}"

    def form(self, token: str) -> str:
        """The page of a form that somebody fills."""
        return f"{self.base}/form/{token}"

    def mcp(self, code: str) -> str:
        """Where MCP clients reach an app."""
        return f"{self.base}/mcp/server/{code}/mcp"

    def mcp_callback(self) -> str:
        """Where the authorization server of an MCP server sends a browser back to."""
        return f"{self.base}/console/api/mcp/oauth/callback"

    def sign_in_callback(self, service: str) -> str:
        """Where a sign-in service sends a browser back to."""
        return f"{self.base}/console/api/oauth/authorize/{service}"

    def notion_callback(self) -> str:
        """Where Notion sends a browser back to."""
        return f"{self.base}/console/api/oauth/data-source/callback/notion"

    def page(self, mode: str, code: str) -> str:
        """The published page of an app."""
        return f"{self.base}/{_SEGMENTS.get(mode, 'chat')}/{code}"

    def embedded(self, code: str) -> str:
        """The published page of a chat, as other pages show it in a frame."""
        return f"{self.base}/chatbot/{code}"

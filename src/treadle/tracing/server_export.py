"""The collector of the whole server: it gets the runs of all apps, or a part of them (spec models-and-tools §8.5)."""

from dataclasses import dataclass
from zlib import crc32

from treadle.settings import Settings

from .otlp import Collector, address, headers_of


@dataclass(frozen=True, slots=True)
class ServerExport:
    """Where the runs of all apps go. `rate`: which part of them, from 0 to 1."""

    collector: Collector
    rate: float

    def wants(self, trace_id: str) -> bool:
        """Whether this trace is among those that are sent: each process says the same of it."""
        return crc32(trace_id.encode()) < self.rate * 2**32


def server_export(settings: Settings) -> ServerExport | None:
    """What the settings say; None when it is switched off."""
    if not settings.enable_otel or settings.otel_sampling_rate == 0:
        return None
    headers = headers_of(settings.otlp_headers)
    if settings.otlp_api_key:
        headers["Authorization"] = f"Bearer {settings.otlp_api_key}"
    url = settings.otlp_trace_endpoint or address(settings.otlp_base_endpoint)
    return ServerExport(
        Collector(url, headers, {"service.name": settings.otel_service_name}), settings.otel_sampling_rate
    )

"""A server that answers with bytes just as a test wrote them, for streams that no well-behaved double would send."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class RawServer:
    """Sends `writes` one by one, each a packet of its own, then keeps the connection open or closes it."""

    url: str = ""
    connections: int = 0
    requests: int = 0
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def raw_server(
    writes: Sequence[bytes], *, content_type: str = "text/event-stream", status: str = "200 OK", stay: bool = False
) -> AsyncIterator[RawServer]:
    """Serves on a free loopback port. `stay` keeps the connection open after the last write until the client leaves."""
    server = RawServer()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server.connections += 1
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            await reader.readexactly(length)
            server.requests += 1
            writer.write(f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nConnection: close\r\n\r\n".encode())
            for write in writes:
                writer.write(write)
                await writer.drain()
                await asyncio.sleep(0.005)  # lets each write travel as a packet of its own
            if stay:
                await reader.read()
                server.hung_up.set()
        finally:
            writer.close()

    listener = await asyncio.start_server(answer, "127.0.0.1", 0)
    host, port = listener.sockets[0].getsockname()
    server.url = f"http://{host}:{port}/v1"
    async with listener:
        yield server

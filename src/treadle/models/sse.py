"""Server-sent events as model providers send them: bytes in, the data of each event out."""

MAX_EVENT_BYTES = 64 * 2**20


class EventTooLong(ValueError):
    """One event is larger than any that a model sends."""


class SseReader:
    """Cuts a stream of bytes into the payloads of its events, however the network split them.

    A payload is one line: providers put each JSON object on one `data:` line. Comments, `event:`, `id:` and empty lines
    are dropped; a line that is a bare JSON object counts as data, since some servers leave the prefix out.
    """

    __slots__ = ("_held", "_pieces", "_separator")

    def __init__(self, delimiter: bytes = b"\n\n") -> None:
        """`delimiter` is what stands between events; line ends of any kind are understood as they are."""
        separator = delimiter.strip(b"\r\n")
        self._separator = separator or (b"\n" if b"\n" in delimiter or not delimiter else b"\r")
        self._pieces: list[bytes] = []
        self._held = 0

    def feed(self, data: bytes) -> list[bytes]:
        """The payloads that `data` completes, in order. Raises EventTooLong."""
        if self._pieces and len(self._separator) > 1:
            data = b"".join((*self._pieces, data))
            self._pieces.clear()
        end = data.rfind(self._separator)
        if end < 0:
            self._held = self._held + len(data) if self._pieces else len(data)
            if self._held > MAX_EVENT_BYTES:
                raise EventTooLong(f"an event is longer than {MAX_EVENT_BYTES} bytes")
            self._pieces.append(data)
            return []
        whole = data[:end]
        if self._pieces:
            self._pieces.append(whole)
            whole = b"".join(self._pieces)
            self._pieces.clear()
        rest = data[end + len(self._separator) :]
        if rest:
            self._pieces.append(rest)
        self._held = len(rest)
        return self._payloads(whole)

    def end(self) -> list[bytes]:
        """The payload of a last line that nothing ended."""
        whole = b"".join(self._pieces)
        self._pieces.clear()
        self._held = 0
        return self._payloads(whole)

    def _payloads(self, whole: bytes) -> list[bytes]:
        payloads: list[bytes] = []
        for line in whole.split(self._separator):
            if line.startswith(b"data:"):
                payloads.append(line[5:])
            elif line and (payload := _payload_of_odd_line(line)):
                payloads.append(payload)
        return payloads


def _payload_of_odd_line(line: bytes) -> bytes:
    """What a line holds that does not begin with `data:`, b"" if nothing."""
    line = line.strip()
    if line.startswith(b"data:"):
        return line[5:]
    return line if line.startswith(b"{") else b""

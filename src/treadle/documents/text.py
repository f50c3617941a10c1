"""Documents that are text: any encoding, and the formats that are read and written anew."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Final, cast

from treadle.engine.errors import TextExtractionError
from treadle.engine.values import JsonValue

from .bounds import Bounds
from .utf16 import utf16_order

MARKS: Final = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_JAPANESE: Final = (b"\x1b$B", b"\x1b$@")
"""What begins Japanese letters where all bytes are those of ASCII."""
_SAMPLE: Final = 128 * 1024
_SHORT_SAMPLE: Final = 64
"""Bytes that tell the encoding of a text which says one thing again and again, and looks like noise by that."""
_WESTERN: Final = "cp1252"
_IN_USE: Final = (
    _WESTERN, "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "iso8859_2", "koi8_r",
    "cp932", "euc_jp", "gb18030", "big5", "cp949", "tis_620",
)  # fmt: skip
_VOICE = re.compile(r"<v(?:\.[^\s>]+)*\s+([^>]*)>")
_TAG = re.compile(r"<[^>]*>")


def decode(data: bytes) -> str:
    """The text in `data`: by its byte order mark, as UTF-16 or UTF-8, or in the encoding that its letters make likely.

    Bytes that no encoding explains are replaced. Line ends become `\\n`.
    """
    return _decoded(data).replace("\r\n", "\n").replace("\r", "\n")


def _decoded(data: bytes) -> str:
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    if any(escape in data for escape in _JAPANESE):
        with suppress(UnicodeDecodeError):
            return data.decode("iso2022_jp")
    if order := utf16_order(data):
        return data.decode(order, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode(_likely_encoding(data), "replace")


def _likely_encoding(data: bytes) -> str:
    """The encoding of letters that are no UTF-8: one that is in use, before all the others that there were. Where a few
    letters fit several, the western one is meant."""
    from charset_normalizer import from_bytes

    for size, encodings in ((_SAMPLE, _IN_USE), (_SHORT_SAMPLE, _IN_USE), (_SAMPLE, ())):
        found = list(from_bytes(data[:size], cp_isolation=[*encodings] or None))
        if found:
            best = found[0]
            alike = {each.encoding for each in found if (each.chaos, each.coherence) == (best.chaos, best.coherence)}
            return _WESTERN if _WESTERN in alike else best.encoding
    return "utf-8"


def plain_text(data: bytes, bounds: Bounds) -> str:
    """The text as it is, markup untouched."""
    return "".join(bounds.counted([decode(data)]))


def json_text(data: bytes, bounds: Bounds) -> str:
    """The JSON value, indented by 2."""
    value = cast("JsonValue", json.loads(decode(data)))
    return "".join(bounds.counted(json.JSONEncoder(indent=2, ensure_ascii=False).iterencode(value)))


def yaml_text(data: bytes, bounds: Bounds) -> str:
    """All documents, in block style, keys in their order."""
    import yaml

    if len(data) > bounds.yaml:
        raise TextExtractionError(f"The YAML file has {len(data):,} bytes, more than {bounds.yaml:,}.")
    documents = list(yaml.load_all(decode(data), Loader=yaml.CSafeLoader))
    written = yaml.dump_all(
        documents, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, default_flow_style=False
    )
    return "".join(bounds.counted([written]))


def properties_text(data: bytes, bounds: Bounds) -> str:
    """`key: value` lines; comments and blank lines stay."""
    return "\n".join(bounds.counted(_property(line) for line in decode(data).splitlines()))


def _property(line: str) -> str:
    line = line.strip()
    if not line or line.startswith(("#", "!")):
        return line
    separator = "=" if "=" in line else ":"
    key, _, value = line.partition(separator)
    return f"{key.strip()}: {value.strip()}"


def subtitles_text(data: bytes, bounds: Bounds) -> str:
    """What is said, as `Speaker "text"` lines."""
    spoken: list[tuple[str, str]] = []
    for speaker, text in _cues(decode(data)):
        if speaker and spoken and spoken[-1][0] == speaker:
            spoken[-1] = (speaker, f"{spoken[-1][1]} {text}")
        else:
            spoken.append((speaker, text))
    return "\n".join(bounds.counted(f'{speaker} "{text}"' for speaker, text in spoken))


def _cues(text: str) -> Iterator[tuple[str, str]]:
    """Speaker (empty when not named) and words of every cue of a WebVTT file."""
    for block in re.split(r"\n\s*\n", text):
        lines = block.strip().split("\n")
        timing = next((at for at, line in enumerate(lines[:2]) if "-->" in line), None)
        if timing is None:
            continue
        words = "\n".join(lines[timing + 1 :])
        voice = _VOICE.search(words)
        yield (voice.group(1).strip() if voice else ""), _TAG.sub("", words).strip()

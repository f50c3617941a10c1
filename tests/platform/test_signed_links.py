from urllib.parse import parse_qs, urlsplit

import pytest

from treadle.platform import signed_links
from treadle.platform.crypto import Crypto
from treadle.platform.ids import new_id
from treadle.platform.signed_links import FileKind, SignedLinks

LINKS = SignedLinks(Crypto(bytes(range(32))), "https://files.example", 300)


class Clock:
    """Stands in for the time module."""

    now = 1_750_000_000.0

    def time(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(signed_links, "time", clock)
    return clock


def parts(link: str) -> tuple[str, dict[str, str]]:
    split = urlsplit(link)
    return split.path, {name: values[0] for name, values in parse_qs(split.query).items()}


@pytest.mark.parametrize(
    ("kind", "extension", "path"),
    [("upload", "png", "/files/{id}/file-preview"), ("tool", "png", "/files/tools/{id}.png"),
     ("tool", "", "/files/tools/{id}.bin")],
)  # fmt: skip
def test_a_link_opens_its_file_for_a_while(clock: Clock, kind: FileKind, extension: str, path: str) -> None:
    file_id = new_id()
    found, query = parts(LINKS.link(kind, file_id, extension))
    assert found == path.format(id=file_id)
    assert query["timestamp"] == "1750000000"
    assert LINKS.valid(kind, file_id, **query)
    clock.now += 300
    assert LINKS.valid(kind, file_id, **query)
    clock.now += 1
    assert not LINKS.valid(kind, file_id, **query)


def test_a_link_opens_nothing_else(clock: Clock) -> None:
    file_id, other = new_id(), new_id()
    _, query = parts(LINKS.link("upload", file_id))
    assert not LINKS.valid("upload", other, **query)
    assert not LINKS.valid("tool", file_id, **query)
    for change in (
        {"timestamp": "1750000001"},
        {"nonce": "00"},
        {"sign": ""},
        {"sign": query["sign"][:-4] + "AAA="},
        {"timestamp": ""},
        {"timestamp": "١٧٥٠٠٠٠٠٠٠"},
        {"timestamp": "9" * 400},
        {"timestamp": "-1"},
    ):
        assert not LINKS.valid("upload", file_id, **{**query, **change})


def test_a_link_from_the_future_is_refused_beyond_the_drift_of_clocks(clock: Clock) -> None:
    _, query = parts(LINKS.link("upload", "f" * 36))
    clock.now -= 30
    assert LINKS.valid("upload", "f" * 36, **query)
    clock.now -= 60
    assert not LINKS.valid("upload", "f" * 36, **query)


def test_links_inside_a_text_are_made_anew(clock: Clock) -> None:
    upload, tool = new_id(), new_id()
    text = f"![a]({LINKS.link('upload', upload)}) and [b]({LINKS.link('tool', tool, 'pdf')}), /files/other"
    clock.now += 10_000
    again = LINKS.signed_again(text)
    assert again != text
    links = [piece.partition(")")[0] for piece in again.split("](")[1:]]
    assert LINKS.valid("upload", upload, **parts(links[0])[1])
    assert LINKS.valid("tool", tool, **parts(links[1])[1])
    assert again.endswith(", /files/other")
    assert LINKS.signed_again("no links") == "no links"

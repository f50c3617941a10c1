"""Real documents of many formats and languages, all added to one knowledge base: what is read, what is refused and why.

They are the documentation that this machine has, and what is in the Debian packages and source archives below, which
are downloaded but not installed. None of them is kept here. `BENCH_DOCUMENTS` names a folder with further ones.
"""

import asyncio
import gzip
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select

from treadle.knowledge.tables import Document, IndexingStatus, Segment
from treadle.knowledge.text.kinds import EXTENSIONS

from . import Measurement
from .ingest import AUTOMATIC, Bench, opened
from .models import steady_model

PACKAGES = (
    "debian-faq", "debian-faq-ja", "debian-faq-zh-cn", "debian-policy", "debian-policy-ja", "debian-reference-en",
    "debian-reference-ja", "debian-reference-zh-cn", "debmake-doc", "developers-reference", "developers-reference-ja",
    "maint-guide-ja", "maint-guide-zh-cn", "manpages-ja", "manpages-zh", "r-cran-gdata", "r-cran-officer",
    "r-cran-openxlsx", "r-cran-pdftools", "r-cran-readxl", "r-cran-rio",
)  # fmt: skip
"""Guides and manuals in English, Japanese and Chinese, and sample files of what reads Office and PDF files."""
SOURCES = ("python-docx", "python-pptx")
"""Python packages whose source archives hold the Office files that they are tested with."""
OTHERS = {"xhtml": "html", "htm": "html", "markdown": "md", "yml": "yaml"}
MOST = 40
"""Of one format; those of many languages and packages come first."""
LARGEST = 15 * 1024 * 1024
_READ = (EXTENSIONS | {"rst"}) - {"msg"}  # those on a system are the messages of Tcl programs, not of Outlook
_MANUAL = re.compile(r"\.[1-8]$")
_KANA, _HAN = re.compile(r"[\u3040-\u30ff]"), re.compile(r"[\u4e00-\u9fff]")


class Found(NamedTuple):
    """A document on this machine."""

    path: Path
    name: str

    @property
    def format(self) -> str:
        extension = self.name.rpartition(".")[2].lower()
        return OTHERS.get(extension, extension)

    def data(self) -> bytes:
        packed = self.path.read_bytes()
        return gzip.decompress(packed) if self.path.suffix == ".gz" else packed


def unpacked(folder: Path) -> list[Path]:
    """The packages, each in a folder of its own. Those that cannot be had are left out."""
    for package in PACKAGES:
        subprocess.run(["apt-get", "download", "-qq", package], cwd=folder, check=False, capture_output=True)
    pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", "-d", folder, *SOURCES]
    subprocess.run(pip, check=False, capture_output=True)
    archives = [*sorted(folder.glob("*.deb")), *sorted(folder.glob("*.tar.gz"))]
    return [_unpacked(archive) for archive in archives]


def _unpacked(archive: Path) -> Path:
    folder = archive.parent / archive.name.removesuffix(".deb").removesuffix(".tar.gz")
    if archive.suffix == ".deb":
        subprocess.run(["dpkg-deb", "-x", archive, folder], check=True)
    else:
        with tarfile.open(archive) as packed:
            packed.extractall(folder, filter="data")
    return folder


def documents(folders: Iterable[Path]) -> Iterator[Found]:
    """Documents in these folders and on the machine: at most so many of a format, taken from each folder in turn."""
    python = Path(sysconfig.get_paths()["stdlib"])
    own = [Path(sysconfig.get_paths()["purelib"]), Path("/usr/share/doc"), Path("/usr/share/perl5"), python]
    extra = [Path(os.environ["BENCH_DOCUMENTS"])] if "BENCH_DOCUMENTS" in os.environ else []
    waiting = [_spread(folder) for folder in (*extra, *folders, *own) if folder.is_dir()]
    taken: Counter[str] = Counter()
    while waiting:
        for files in list(waiting):
            found = next((each for each in files if taken[each.format] < MOST), None)
            if found is None:
                waiting.remove(files)
            else:
                taken[found.format] += 1
                yield found


def _spread(folder: Path) -> Iterator[Found]:
    """The documents of a folder, the formats in turn."""
    by_format: defaultdict[str, list[Found]] = defaultdict(list)
    for path in sorted(folder.rglob("*")):
        if not path.is_symlink() and path.is_file() and 200 < path.stat().st_size < LARGEST:
            name = _name(path)
            if name is not None:
                found = Found(path, name)
                by_format[found.format].append(found)
    while any(by_format.values()):
        yield from [files.pop(0) for files in by_format.values() if files]


def _name(path: Path) -> str | None:
    """The name under which a file is added: manuals are text, and the mails that Python is tested with are mails."""
    name = path.name.removesuffix(".gz")
    if path.parent.parent.name == "test_email" and name.startswith("msg_") and name.endswith(".txt"):
        return name.replace(".txt", ".eml")
    if "/man/" in str(path) and _MANUAL.search(name):
        return f"{name}.txt"
    extension = name.rpartition(".")[2].lower()
    return name if "." in name and extension in _READ else None


class Outcome(NamedTuple):
    """What became of a document."""

    format: str
    chunks: int
    seconds: float
    language: str
    notice: str
    error: str | None


async def _outcomes(bench: Bench, found: list[Found]) -> list[Outcome]:
    base = await bench.base(AUTOMATIC)
    given = {await bench.document(base, at, each.data(), each.name): each for at, each in enumerate(found, 1)}
    await bench.completed(base, list(given))
    async with bench.db.session() as session:
        rows = list((await session.execute(select(Document).where(Document.base_id == base))).scalars())
        texts: defaultdict[str, list[str]] = defaultdict(list)
        for document_id, content in await session.execute(
            select(Segment.document_id, Segment.content).where(Segment.base_id == base)
        ):
            texts[document_id].append(content)
    return [
        Outcome(
            given[row.id].format,
            len(texts[row.id]),
            row.indexing_latency or 0.0,
            _language("".join(texts[row.id][:200])),
            row.notice or "",
            None if row.indexing_status == IndexingStatus.COMPLETED else row.error or "it was not indexed",
        )
        for row in rows
    ]


def _general(notice: str) -> str:
    """A notice without its numbers."""
    return re.sub(r"\d[\d,]*", "N", notice)


def _language(text: str) -> str:
    """By the letters: Japanese has kana, Chinese only ideographs."""
    if len(_KANA.findall(text)) > len(text) * 0.05:
        return "Japanese"
    return "Chinese" if len(_HAN.findall(text)) > len(text) * 0.05 else "English and others"


async def _measured() -> list[Outcome]:
    with tempfile.TemporaryDirectory(prefix="treadle-bench-") as folder, steady_model() as model:
        packages = await asyncio.to_thread(unpacked, Path(folder))
        found = await asyncio.to_thread(lambda: list(documents(packages)))
        async with opened(Path(folder) / "data", model) as bench:
            return await _outcomes(bench, found)


def run() -> Iterable[Measurement]:
    """Documents of each format: how many are chunks now, how many are not and why, and how long they took."""
    outcomes = asyncio.run(_measured())
    yield Measurement("real documents", len(outcomes), "documents", 200, at_most=False)
    yield Measurement("their formats", len({each.format for each in outcomes}), "formats", 10, at_most=False)
    for language, count in Counter(each.language for each in outcomes if each.chunks).most_common():
        yield Measurement(f"in {language}", count, "documents")
    for kind in sorted({each.format for each in outcomes}):
        mine = [each for each in outcomes if each.format == kind]
        whole = [each for each in mine if each.error is None]
        yield Measurement(f"{kind}: ingested of {len(mine)}", len(whole), "documents")
        yield Measurement(f"{kind}: without text", sum(not each.chunks for each in whole), "documents")
        yield Measurement(f"{kind}: chunks", sum(each.chunks for each in whole), "chunks")
        yield Measurement(f"{kind}: from start to end of each, together", sum(each.seconds for each in mine), "s")
    for notice, count in Counter(
        _general(each.notice) for each in outcomes if not each.error and not each.chunks
    ).items():
        yield Measurement(f"without text: {notice}", count, "documents")
    for error, count in Counter(each.error for each in outcomes if each.error).most_common():
        yield Measurement(f"refused: {error}", count, "documents")

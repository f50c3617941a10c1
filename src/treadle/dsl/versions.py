"""Versions of app files and what importing each one means."""

import re
from dataclasses import dataclass
from enum import StrEnum

CURRENT_VERSION = "0.5.0"
"""The version written by `dump`."""

PIPELINE_VERSION = "0.1.0"
"""The version of pipeline files, which count on their own."""

FIRST_VERSION = "0.1.0"
"""What a file without a version counts as."""

LAST_VERSION_WITHOUT_DEPENDENCIES = "0.1.5"
"""Up to here a file may lack `dependencies`, which are then derived (app-dsl §12.2)."""

_VERSION = re.compile(
    r"\s*v?(?P<release>\d{1,9}(?:\.\d{1,9}){0,5})(?P<pre>[-_.]?(?:a|b|c|rc|alpha|beta|pre|preview|dev)[-_.]?\d{0,9})?"
    r"(?:[-_.]?post\d{0,9})?(?:\+[a-z0-9.]{1,40})?\s*",
    re.IGNORECASE,
)


class ImportStatus(StrEnum):
    """How an import ended (app-dsl §2.2)."""

    COMPLETED = "completed"
    COMPLETED_WITH_WARNINGS = "completed-with-warnings"
    PENDING = "pending"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """A parsed version; a pre-release comes before its release."""

    major: int
    minor: int
    rest: tuple[int, ...]
    final: bool = True


def parse_version(text: str) -> Version | None:
    """The version written in `text`, or None when it is none. Missing parts count as 0."""
    found = _VERSION.fullmatch(text)
    if found is None:
        return None
    numbers = [int(part) for part in found["release"].split(".")]
    numbers += [0] * (6 - len(numbers))
    return Version(numbers[0], numbers[1], tuple(numbers[2:]), final=found["pre"] is None)


def import_status(imported: str, current: str = CURRENT_VERSION) -> ImportStatus:
    """What importing a file of version `imported` means where `current` is written (app-dsl §2.2).

    Newer in any part, or older by a major version: the person must confirm. Older by a minor one: done, with
    warnings. Text that is no version: failed.
    """
    theirs, ours = parse_version(imported), parse_version(current)
    if theirs is None or ours is None:
        return ImportStatus.FAILED
    if theirs > ours or theirs.major < ours.major:
        return ImportStatus.PENDING
    if theirs.minor < ours.minor:
        return ImportStatus.COMPLETED_WITH_WARNINGS
    return ImportStatus.COMPLETED


def derives_dependencies(imported: str) -> bool:
    """Whether files of this version came before `dependencies` was exported."""
    theirs, last = parse_version(imported), parse_version(LAST_VERSION_WITHOUT_DEPENDENCIES)
    return theirs is not None and last is not None and theirs <= last

"""The page of all numbered cases, made from the tests' names: `python -m tests.conformance.cases` writes it.

README.md beside this file says how a test carries a number.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "conformance.md"

_HEAD = """\
# Conformance

Treadle's behaviour is laid down as numbered cases, and each case is a test of its own in `tests/conformance/`. This
page is made from the names of those tests by `python -m tests.conformance.cases`; how a test carries a number is
written in `tests/conformance/README.md`.

"""

_NAME = re.compile(r"test_(case|[A-Z]+)_0*(\d+)(?:_(\w+))?")


@dataclass(frozen=True)
class Case:
    """One numbered case: the list it belongs to, its letters (none in most lists) and its number."""

    group: str
    letters: str
    number: int

    def __str__(self) -> str:
        return f"{self.letters}-{self.number}" if self.letters else str(self.number)


@dataclass(frozen=True)
class Proof:
    """A test that carries a case."""

    case: Case
    words: str
    file: str


@dataclass(frozen=True)
class Group:
    """A list of cases. `files`: how the files are called that hold its tests; `letters`: how many there are of each."""

    title: str
    files: tuple[str, ...]
    letters: dict[str, int]

    def cases(self) -> list[Case]:
        """Every case of the list, in order."""
        return [Case(self.title, name, number) for name, last in self.letters.items() for number in range(1, last + 1)]


GROUPS = (
    Group("Engine", ("test_engine", "test_dsl_import"), {"": 75}),
    Group(
        "Nodes",
        ("test_nodes",),
        {
            "START": 7, "END": 6, "ANS": 7, "LLM": 12, "KR": 8, "QC": 7, "IF": 11, "CODE": 11, "TPL": 8, "DE": 8,
            "LO": 8, "VA": 6, "AS": 9, "IT": 9, "ITS": 5, "LP": 8, "LS": 5, "LE": 5, "PE": 9, "HT": 12, "TL": 9,
            "AG": 9, "WH": 8, "TS": 8, "TP": 5, "HI": 7, "DS": 6, "KI": 6, "NT": 5, "MG": 6,
        },
    ),
    Group("App files", ("test_dsl",), {"DSL": 18, "TRIP": 6}),
    Group("Models, apps and tools", ("test_models_and_tools",), {"": 80}),
    Group("Service API", ("test_service_api",), {"": 116}),
    Group("Knowledge", ("test_knowledge",), {"C": 72}),
    Group("Plugins", ("test_plugins",), {"": 60}),
)  # fmt: skip


class MisplacedCase(Exception):
    """A test's name carries a number that no list of its file has."""


def proofs(folder: Path = HERE) -> list[Proof]:
    """Every test that carries a number, by file and position. Raises MisplacedCase."""
    return [proof for file in sorted(folder.glob("test_*.py")) for proof in _proofs_of(file)]


def _proofs_of(file: Path) -> Iterator[Proof]:
    for function in ast.parse(file.read_text("utf-8")).body:
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if found := _NAME.fullmatch(function.name):
            letters, number, words = found.groups()
            case = _case(file, "" if letters == "case" else letters, int(number))
            docstring = ast.get_docstring(function)
            said = docstring.splitlines()[0].rstrip(".") if docstring else (words or "").replace("_", " ")
            yield Proof(case, said.replace("|", "\\|"), file.name)


def _case(file: Path, letters: str, number: int) -> Case:
    for group in GROUPS:
        if file.stem.startswith(group.files) and number in range(1, group.letters.get(letters, 0) + 1):
            return Case(group.title, letters, number)
    name = f"{letters or 'case'} {number}"
    raise MisplacedCase(f"{file.name} has a test for {name}, which no list has: see {HERE.name}/README.md.")


def page() -> str:
    """The page as it should be."""
    found = proofs()
    return _HEAD + "\n".join(_section(group, [p for p in found if p.case.group == group.title]) for group in GROUPS)


def _section(group: Group, found: list[Proof]) -> str:
    cases = group.cases()
    proven = {proof.case for proof in found}
    lines = [f"## {group.title}", "", f"{len(proven)} of {len(cases)} cases have a test.", ""]
    lines += ["| Case | What it says | Test |", "| --- | --- | --- |"]
    for case in cases:
        lines += [f"| {case} | {p.words} | `{p.file}` |" for p in found if p.case == case]
    missing = [str(case) for case in cases if case not in proven]
    if missing:
        lines += ["", f"Without a test: {', '.join(missing)}."]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")

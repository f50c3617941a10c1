"""Where the examples that come with Treadle are: inside the wheel, or in the checkout."""

from functools import lru_cache
from pathlib import Path

_PACKAGED = Path(__file__).resolve().parent.parent / "examples"
_IN_CHECKOUT = Path(__file__).resolve().parents[3] / "examples"


def example_folder() -> Path:
    """The folder of the example apps; that of knowledge pipelines is inside."""
    return _PACKAGED if _PACKAGED.is_dir() else _IN_CHECKOUT


@lru_cache(maxsize=1)
def pipeline_examples() -> dict[str, str]:
    """The files of knowledge pipelines to begin with, by their names."""
    files = sorted((example_folder() / "pipelines").glob("*.yml"))
    return {path.stem: path.read_text(encoding="utf-8") for path in files}

"""What is said when a command cannot do its work: known errors as one sentence with what to do next.

Imported only once something has gone wrong, because it knows the errors of every part.
"""

from dataclasses import dataclass

from pydantic import ValidationError
from pydantic_settings import SettingsError

from treadle.apps.service import ImportFailed
from treadle.models.catalogue_file import CatalogueError
from treadle.models.errors import ModelSetupError
from treadle.platform.crypto import SecretError
from treadle.platform.db import DatabaseError
from treadle.platform.files import FileStoreError
from treadle.platform.refusals import Refusal
from treadle.settings import Settings


@dataclass(frozen=True, slots=True)
class Failure:
    """A sentence for stderr, and how the command ends."""

    sentence: str
    exit_code: int = 1


def explain(error: Exception) -> Failure | None:
    """What to say about `error`; None for one that nobody foresaw, whose traceback is worth more."""
    match error:
        case ImportFailed() if len(reasons := [p.message for p in error.problems if p.severity == "error"]) > 1:
            return Failure("\n  ".join([f"The file has {len(reasons)} errors.", *reasons]))
        case Refusal():
            return Failure(error.message)
        case DatabaseError() | SecretError() | FileStoreError() | ModelSetupError() | CatalogueError():
            return Failure(_sentence(f"{error}"))
        case ValidationError() if error.title == Settings.__name__:
            return Failure(_wrong_setting(error), 2)
        case SettingsError():
            return Failure(f"A setting cannot be read: {error}. See docs/settings.md.", 2)
        case FileExistsError() | NotADirectoryError() if error.filename is not None:
            return Failure(f"{error.filename} cannot be a data folder: there is a file. Choose another --data-dir.")
        case OSError() if error.filename is not None and error.strerror:
            return Failure(
                f"{error.filename} cannot be used: {error.strerror}. See its rights, or choose a --data-dir."
            )
        case _:
            return None


def _sentence(text: str) -> str:
    """The first line, as what follows it is for the author of a library."""
    line = text.strip().splitlines()[0].rstrip(":{[( ")
    return line if line.endswith(".") else f"{line}."


def _wrong_setting(error: ValidationError) -> str:
    wrong = error.errors()[0]
    name = str(wrong["loc"][0]) if wrong["loc"] else "?"
    reason = wrong["msg"][:1].lower() + wrong["msg"][1:]
    variable = name if name.isupper() else f"TREADLE_{name.upper()}"
    return (
        f"The setting {variable} is not valid: {reason}, not {wrong['input']!r}. docs/settings.md says what it takes."
    )

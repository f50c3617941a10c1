"""The history of the schema, as Alembic revisions in `versions/`. File names begin with the revision."""

from pathlib import Path

from sqlalchemy import Connection

_VERSIONS = Path(__file__).parent / "versions"

HEAD = max((path.name.partition("_")[0] for path in _VERSIONS.glob("[0-9]*.py")), default="")
"""The newest revision. Read from the file names, so that an up-to-date schema costs no import of Alembic."""


def upgrade(connection: Connection, current: str | None) -> None:
    """Run all revisions after `current` in the open transaction of `connection`. Raises LookupError if unknown."""
    from alembic import command
    from alembic.config import Config

    if current is not None and not list(_VERSIONS.glob(f"{current}_*.py")):
        raise LookupError(f"revision {current}")
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    command.upgrade(config, HEAD)

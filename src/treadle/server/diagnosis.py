"""What `treadle doctor` looks at: everything that Treadle depends on, and what to do about what is broken."""

import sys
from dataclasses import asdict, dataclass
from typing import Any, Literal

from treadle.models.local import LocalModel
from treadle.platform.crypto import Crypto, SecretError
from treadle.platform.db import Database, DatabaseError
from treadle.platform.files import FileStore, FileStoreError
from treadle.server.app import STATIC
from treadle.server.services import sandbox_of
from treadle.settings import Settings

State = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    state: State
    detail: str
    advice: str = ""

    def to_map(self) -> dict[str, Any]:
        return asdict(self)


async def diagnose(settings: Settings) -> list[Finding]:
    """Look at everything; never raises for what is merely broken."""
    return [
        Finding("python", "ok", sys.version.split()[0]),
        _data_folder(settings),
        await _database(settings),
        _key(settings),
        await _files(settings),
        _local_model(settings),
        *await _sandbox(settings),
        _web_app(),
    ]


def _data_folder(settings: Settings) -> Finding:
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = settings.data_dir / ".doctor"
        probe.write_text("ok")
        probe.unlink()
    except OSError as error:
        return Finding("data folder", "fail", f"{settings.data_dir}: {error.strerror}", "Choose one with --data-dir.")
    return Finding("data folder", "ok", str(settings.data_dir))


async def _database(settings: Settings) -> Finding:
    try:
        db = Database(settings.resolved_database_url)
    except DatabaseError as error:
        return Finding("database", "fail", str(error), "Correct TREADLE_DATABASE_URL.")
    try:
        await db.migrate()
        revision = await db.revision_of_schema()
    except DatabaseError as error:
        return Finding("database", "fail", str(error), "See that it runs and that TREADLE_DATABASE_URL is right.")
    finally:
        await db.close()
    return Finding("database", "ok", f"{db.dialect}, schema {revision}")


def _key(settings: Settings) -> Finding:
    path = settings.resolved_secret_key_file
    try:
        Crypto.open(path)
    except (SecretError, OSError) as error:
        return Finding("secret key", "fail", str(error), "Put back the key file that this data was made with.")
    if path.stat().st_mode & 0o077:
        return Finding("secret key", "warn", f"{path} can be read by others", f"chmod 600 {path}")
    return Finding("secret key", "ok", str(path))


async def _files(settings: Settings) -> Finding:
    try:
        await FileStore(settings.resolved_files_url, settings.files_options).check()
    except FileStoreError as error:
        return Finding("file store", "fail", str(error), "Correct TREADLE_FILES_URL or its options.")
    return Finding("file store", "ok", settings.resolved_files_url)


def _local_model(settings: Settings) -> Finding:
    if not settings.local_model:
        return Finding("built-in model", "ok", "switched off")
    local = LocalModel(settings.data_dir / "models")
    reason = local.unavailable_reason
    if reason:
        return Finding("built-in model", "warn", reason, "Or add a model with `treadle model add`.")
    if local.refused:
        return Finding("built-in model", "warn", " ".join(local.refused.values()), "Replace or remove the file.")
    return Finding("built-in model", "ok", ", ".join(each.model for each in local.models()))


async def _sandbox(settings: Settings) -> list[Finding]:
    sandbox = sandbox_of(settings)
    try:
        await sandbox.start()
        report = sandbox.capabilities()
    finally:
        await sandbox.close()
    return [
        Finding(f"jail: {feature.name}", "ok" if feature.active else "warn", feature.reason or "on")
        for feature in report.features
    ]


def _web_app() -> Finding:
    if (STATIC / "index.html").is_file():
        return Finding("web app", "ok", "built")
    return Finding("web app", "warn", "not built", "Run `make install`.")

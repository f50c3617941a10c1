"""`treadle migrate` and `treadle doctor`."""

import typer

from treadle.cli.output import AsJson, DataDir, print_json, run


def migrate(data_dir: DataDir = None) -> None:
    """Bring the database schema up to date."""
    from treadle.platform.db import Database
    from treadle.server.services import settings_for

    async def work() -> bool:
        db = Database(settings_for(data_dir).resolved_database_url)
        try:
            return await db.migrate()
        finally:
            await db.close()

    print("The schema was brought up to date." if run(work) else "The schema is up to date.")


def doctor(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Check everything that Treadle depends on, and say what to do. Exit code 1 when something is broken."""
    from treadle.server.diagnosis import Finding, diagnose
    from treadle.server.services import settings_for

    async def work() -> list[Finding]:
        return await diagnose(settings_for(data_dir))

    findings = run(work)
    if as_json:
        print_json([finding.to_map() for finding in findings])
    else:
        for finding in findings:
            print(f"{finding.state:<5} {finding.name:<18} {finding.detail}")
            if finding.advice:
                print(f"{'':<24} {finding.advice}")
    if any(finding.state == "fail" for finding in findings):
        raise typer.Exit(1)

"""The commands of docs/editor-api.md work as they stand, one after the other."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.server.console_client import PASSWORD, console_of
from tests.server.harness import Workbench

PAGE = Path(__file__).parents[2] / "docs" / "editor-api.md"
BLOCK = re.compile(r"^```bash\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.mark.skipif(not shutil.which("jq") or not shutil.which("curl"), reason="the page uses curl and jq")
def test_the_commands_of_the_page_run(any_workbench: Workbench) -> None:
    blocks = BLOCK.findall(PAGE.read_text("utf-8"))
    assert len(blocks) > 10
    member = console_of(any_workbench)
    environment = {
        "URL": any_workbench.server.url,
        "EMAIL": member.email,
        "PASSWORD": PASSWORD,
        "PATH": "/usr/bin:/bin",
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(blocks)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    said = done.stdout
    assert '"status":"succeeded"' in said
    assert '"triggered_from": "single-step"' in said
    assert '"Treadle console"' in said

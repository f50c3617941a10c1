"""Packages for jailed Python: numpy and pandas by themselves, and what a workspace adds."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from treadle.engine.errors import CodeExecutionError
from treadle.sandbox import Sandbox
from treadle.sandbox.packages import offer_installed, worth_preloading

TABLE = """
import numpy as np
import pandas as pd
def main(values):
    table = pd.DataFrame({"v": values, "w": [1, 2, 3]})
    when = pd.Timestamp("2024-07-01", tz="Europe/Paris")
    return {"norm": float(np.linalg.norm(table.v)), "mean": table.w.describe()["mean"], "when": str(when)}
"""


@pytest_asyncio.fixture
async def box(tmp_path: Path) -> AsyncIterator[Sandbox]:
    sandbox = Sandbox(jail_root=tmp_path / "jail", sets=tmp_path / "sets", time_limit=5)
    await sandbox.start()
    yield sandbox
    await sandbox.close()


async def test_numpy_and_pandas_are_there(box: Sandbox):
    result = await box.run("python3", TABLE, {"values": [2, 3, 6]})
    assert result.outputs == {"norm": 7.0, "mean": 2.0, "when": "2024-07-01 00:00:00+02:00"}
    assert result.engine == "cpython"


async def test_nothing_else_of_the_servers_packages_is(box: Sandbox):
    for name in ("sqlalchemy", "treadle", "aiohttp"):
        with pytest.raises(CodeExecutionError, match=f"No module named '{name}'"):
            await box.run("python3", f"import {name}\ndef main():\n    return {{}}", {})


async def test_a_workspace_has_packages_of_its_own(box: Sandbox, tmp_path: Path):
    own = tmp_path / "sets" / "workspace-1"
    own.mkdir(parents=True)
    (own / "greeting.py").write_text("def hello():\n    return 'hello'\n")
    code = "import greeting, re\ndef main():\n    return {'r': greeting.hello()}"
    result = await box.for_workspace("workspace-1").run("python3", code, {})
    assert result.outputs == {"r": "hello"}
    with pytest.raises(CodeExecutionError, match="No module named 'greeting'"):
        await box.for_workspace("workspace-2").run("python3", code, {})


async def test_what_is_added_later_is_found_by_the_next_run(box: Sandbox, tmp_path: Path):
    own = tmp_path / "sets" / "workspace-1"
    own.mkdir(parents=True)
    code = "import late, re\ndef main():\n    return {'r': late.VALUE}"
    workspace = box.for_workspace("workspace-1")
    with pytest.raises(CodeExecutionError, match="No module named 'late'"):
        await workspace.run("python3", code, {})
    (own / "late.py").write_text("VALUE = 1\n")
    assert (await workspace.run("python3", code, {})).outputs == {"r": 1}


async def test_added_packages_stand_beside_numpy(box: Sandbox, tmp_path: Path):
    own = tmp_path / "sets" / "workspace-1"
    offer_installed(own)
    (own / "greeting.py").write_text("import numpy\nVALUE = int(numpy.arange(4).sum())\n")
    code = "import greeting, re\ndef main():\n    return {'r': greeting.VALUE}"
    assert (await box.for_workspace("workspace-1").run("python3", code, {})).outputs == {"r": 6}


async def test_many_kinds_of_fork_server_do_not_pile_up(box: Sandbox, tmp_path: Path):
    for number in range(7):
        own = tmp_path / "sets" / str(number)
        own.mkdir(parents=True)
        (own / "mine.py").write_text(f"N = {number}\n")
        code = "import mine, re\ndef main():\n    return {'n': mine.N}"
        assert (await box.for_workspace(str(number)).run("python3", code, {})).outputs == {"n": number}
    assert len(box._fork_servers) <= 4


def test_only_imported_packages_are_worth_preloading(tmp_path: Path):
    (tmp_path / "numpy").mkdir()
    assert worth_preloading("import json\n  from numpy import array\n# import pandas", tmp_path) == ("numpy",)
    assert worth_preloading("import pandas as pd", tmp_path) == ()
    assert worth_preloading("import numpy", None) == ()

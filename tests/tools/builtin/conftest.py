"""Shows what differs when an assertion in `cases.py` fails."""

import pytest

pytest.register_assert_rewrite("tests.tools.builtin.cases")

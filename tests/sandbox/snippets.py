"""Code that both engines are tried on, read from the text files beside this one.

`agree_on_monty.txt` holds code that must run on Monty and give what CPython gives; `left_to_cpython.txt` holds code
where Monty would differ or fails, so that only CPython may answer. A line `### name` starts each; `main` gets DATA.
"""

import re
from pathlib import Path

from treadle.engine.values import JsonValue

DATA: dict[str, JsonValue] = {
    "text": "The quick brown fox, é über Ünï 😀!",
    "numbers": [3, 1, 4, 1, 5, 9, 2, 6],
    "floats": [0.1, 2.5, -0.0, 1e22, 1e-7, 123456.789],
    "people": [
        {"name": "Ada", "age": 36, "tags": ["x", "y"]},
        {"name": "Bob", "age": 25, "tags": []},
        {"name": "Cy", "age": 36, "tags": ["y"]},
    ],
    "nested": {"a": {"b": {"c": [1, {"d": None}]}}},
    "csv": "id,name\n1,Ada\n2,Bob\n",
    "json": '{"k": [1, 2.5, "x", null, true], "é": "\\u00e9"}',
    "big": 12345678901234567890123,
    "n": 7,
    "empty": "",
}


def load(name: str) -> dict[str, str]:
    """Code by name."""
    pieces = re.split(r"^### (.*)\n", (Path(__file__).parent / name).read_text(), flags=re.MULTILINE)[1:]
    return dict(zip(pieces[::2], pieces[1::2], strict=True))

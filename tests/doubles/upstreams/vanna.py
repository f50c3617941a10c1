"""Vanna's RPC: it keeps what it was taught by model, and its model answers what the test scripts."""

import json
import sqlite3
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.doubles.recording import JsonValue, Request
from tests.doubles.upstreams.vendor import TEXT, Endpoint, Key, Vendor, obj

KEY = "key-1"

_STRING = obj({"data": TEXT})
_PARAMS = {
    "list_my_models": {"type": "array", "maxItems": 0},
    "get_training_data": {"type": "array", "maxItems": 0},
    "get_related_training_data": {"type": "array", "items": obj({"question": TEXT}), "minItems": 1, "maxItems": 1},
    "add_sql": {"type": "array", "items": obj({"question": TEXT, "sql": TEXT, "tag": TEXT}), "minItems": 1},
    **{
        method: {"type": "array", "items": _STRING, "minItems": 1, "maxItems": 1}
        for method in ("submit_prompt", "add_ddl", "add_documentation", "remove_training_data")
    },
}
_CALL = {
    "type": "object",
    "oneOf": [obj({"method": {"enum": [method]}, "params": params}) for method, params in _PARAMS.items()],
}


def shop() -> bytes:
    """A SQLite database with two looms."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "shop.db"
        connection = sqlite3.connect(file)
        connection.executescript(
            "CREATE TABLE looms (name TEXT, width REAL, photo BLOB);"
            "INSERT INTO looms VALUES ('Big | loom', 2.5, x'0102'), ('Small', NULL, NULL);"
        )
        connection.close()
        return file.read_bytes()


class Vanna(Vendor):
    """https://ask.vanna.ai/rpc, and beside it the file of a shop. `taught` are calls that teach, `prompts` what the
    model was asked."""

    def __init__(self, says: str = "```sql\nSELECT name, width FROM looms;\n```") -> None:
        super().__init__(
            Endpoint("POST", "/rpc", self._answer, body=_CALL, headers={"vanna-org": ".*"}),
            Endpoint("GET", "/shop.db", shop(), open=True),
            key=Key("header", "Vanna-Key", KEY, 401, {"error": "invalid api key"}),
        )
        self.says = says
        self.taught: list[tuple[str, JsonValue]] = []
        self.prompts: list[list[dict[str, str]]] = []

    def _answer(self, request: Request) -> JsonValue:
        method, params = request.json["method"], request.json["params"]
        match method:
            case "list_my_models":
                return {"result": {"organizations": ["mill"]}}
            case "get_training_data":
                return {"result": {"data": json.dumps([{"id": "7-ddl", "content": "CREATE TABLE old"}])}}
            case "get_related_training_data":
                learned: JsonValue = {
                    "questions": [{"question": "How many?", "sql": "SELECT count(*) FROM looms"}],
                    "ddl": ["CREATE TABLE looms (name TEXT)"],
                    "documentation": ["A loom weaves."],
                }
                return {"result": learned}
            case "submit_prompt":
                self.prompts.append(json.loads(params[0]["data"]))
                return {"result": {"data": self.says}}
            case _:
                self.taught.append((method, params[0]))
                return {"result": {"success": True, "message": "", "id": "8"}}

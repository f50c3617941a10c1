"""The node types as the console's unit tests read them: `python -m tests.nodes.form_fixture` writes the file anew."""

from pathlib import Path

from treadle.server.console_api.node_types import node_type_list

FILE = Path(__file__).parents[2] / "web" / "src" / "features" / "schema-form" / "node-types.fixture.json"


def text() -> str:
    """What the endpoint answers, a line for each node type."""
    lines = (each.model_dump_json() for each in node_type_list().data)
    return "[\n" + ",\n".join(lines) + "\n]\n"


if __name__ == "__main__":
    FILE.write_text(text())

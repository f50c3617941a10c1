"""How much cloth garments take: as words, as JSON, as a link, as a file, and as a variable of the tool's own."""

from collections.abc import Iterator
from typing import Any

from treadle.tools.own import Tool

METRES = {"90": 2.5, "140": 1.6}


class Cloth(Tool):
    def _invoke(self, user_id: str, tool_parameters: dict[str, Any]) -> Iterator[Any]:
        garments, width = tool_parameters["garments"], tool_parameters["width"]
        metres = round(garments * METRES[width], 1)
        yield self.create_text_message(f"{garments} garments take {metres} m of cloth that is {width} cm wide.")
        yield self.create_json_message({"garments": garments, "metres": metres})
        yield self.create_link_message("https://example.com/cutting")
        rows = "\n".join(f"{number},{METRES[width]}" for number in range(1, garments + 1))
        meta = {"mime_type": "text/csv", "filename": "cutting.csv"}
        yield self.create_blob_message(f"garment,metres\n{rows}\n".encode(), meta)
        yield self.create_variable_message("metres", metres)

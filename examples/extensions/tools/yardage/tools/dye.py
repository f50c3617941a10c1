"""How much dye cloth takes. Which dyes there are to choose from depends on who is a member."""

from typing import Any

from treadle.tools.own import Tool, ToolParameter, ToolParameterOption

GRAMS = {"woad": 40, "madder": 55, "cochineal": 8}
OPEN_TO_ALL = ("woad", "madder")


class Dye(Tool):
    def get_runtime_parameters(self) -> list[ToolParameter]:
        member = str(self.runtime.credentials["member_number"])
        dyes = list(GRAMS) if member.startswith("M-1") else list(OPEN_TO_ALL)
        choice = ToolParameter(
            name="dye",
            label={"en_US": "Dye"},
            type="select",
            form="form",
            required=True,
            default=dyes[0],
            options=[ToolParameterOption(each, {"en_US": each.capitalize()}) for each in dyes],
        )
        return [*self.parameters, choice]

    def _invoke(self, user_id: str, tool_parameters: dict[str, Any]) -> Any:
        grams = round(tool_parameters["metres"] * GRAMS[tool_parameters["dye"]])
        return self.create_text_message(f"It takes {grams} g of {tool_parameters['dye']}.")

"""The page of all built-in tools, made from their files: `python -m tests.tools.builtin.page` writes it."""

import re
from pathlib import Path

from treadle.tools.builtin import BuiltinProvider, BuiltinTool, builtin_providers
from treadle.tools.builtin.provider import CredentialField, Parameter

PAGE = Path(__file__).parents[3] / "docs" / "built-in-tools.md"

_HEAD = """\
# Built-in tools

These tools come with the product. In an app file, a tool node or an agent names one by its provider and its own name,
for example `provider_id: time` and `tool_name: current_time`; ids such as `langgenius/time/time` mean the same.

Most tools ask a service on the internet. They reach it through the same guard as HTTP request nodes: private addresses
are refused unless `TREADLE_EGRESS_ALLOW` names them, which is what a SearXNG or Stable Diffusion of your own needs.
Credentials are stored encrypted. Where a service offers a harmless call, they are tried by it before they are stored.

In the tables, **builder** parameters are fixed in the editor, and **model** parameters are given by the model of an
agent, or by variables in a workflow. An asterisk marks what is required.

"""

_FORMS = {"llm": "model", "form": "builder"}


def page() -> str:
    """The page as it should be."""
    providers = builtin_providers().values()
    lines = [f"- [{each.identity.label['en_US']}](#{_slug(_title(each))}): {_names(each)}\n" for each in providers]
    return _HEAD + "".join(lines) + "".join(_section(provider) for provider in providers)


def _names(provider: BuiltinProvider) -> str:
    return ", ".join(f"`{tool.name}`" for tool in provider.tools)


def _title(provider: BuiltinProvider) -> str:
    return f"{provider.identity.label['en_US']} (`{provider.name}`)"


def _slug(title: str) -> str:
    """The anchor of a heading."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _section(provider: BuiltinProvider) -> str:
    identity = provider.identity
    text = f"\n## {_title(provider)}\n\n{identity.description['en_US']}\n"
    fields = provider.credentials_for_provider.items()
    if fields:
        text += "\n| Credential | What | Default |\n| --- | --- | --- |\n"
        text += "".join(_credential(name, field) for name, field in fields)
    return text + "".join(_tool(tool) for tool in provider.tools)


def _credential(name: str, field: CredentialField) -> str:
    where = f" ([get one]({field.url}))" if field.url else ""
    asked = ". ".join(filter(None, (field.label["en_US"], field.help.get("en_US", "").rstrip("."))))
    return f"| `{name}`{'*' if field.required else ''} | {asked}{where} | {_default(field.default)} |\n"


def _tool(tool: BuiltinTool) -> str:
    text = f"\n### `{tool.name}`\n\n{tool.description.llm}\n"
    if tool.parameters:
        text += "\n| Parameter | Type | Given by | What | Default |\n| --- | --- | --- | --- | --- |\n"
        text += "".join(_parameter(parameter) for parameter in tool.parameters)
    return text


def _parameter(parameter: Parameter) -> str:
    mark = "*" if parameter.required else ""
    what = parameter.llm_description.replace("|", "\\|")
    if parameter.options:
        what += ": " + ", ".join(f"`{option.value}`" for option in parameter.options if option.value)
    if parameter.min is not None or parameter.max is not None:
        what += f" ({_bounds(parameter.min, parameter.max)})"
    form = _FORMS[parameter.form]
    return f"| `{parameter.name}`{mark} | {parameter.type} | {form} | {what} | {_default(parameter.default)} |\n"


def _bounds(least: float | None, most: float | None) -> str:
    if least is None:
        return f"at most {most:g}"
    return f"at least {least:g}" if most is None else f"{least:g} to {most:.0f}"


def _default(value: object) -> str:
    if value is None or value == "":
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")

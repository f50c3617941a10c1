"""The tools that come with the product: a folder per provider, `provider.yaml` its data and `tools.py` its code.

`tools.py` has an async generator per tool, named as the tool: `async def NAME(call: Call) -> AsyncIterator[Message]`.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from .call import Call
from .provider import BuiltinProvider, BuiltinTool

__all__ = ["BuiltinProvider", "BuiltinTool", "Call", "builtin_providers"]


@cache
def builtin_providers() -> Mapping[str, BuiltinProvider]:
    """Every built-in provider by name, in the order of names. Reads the files once; no tool's code is loaded.

    Raises ProviderFileError for a wrong file.
    """
    from .provider_file import read_provider

    folders = sorted(files("treadle.tools.builtin").iterdir(), key=lambda folder: folder.name)
    found = [(folder.name, folder / "provider.yaml") for folder in folders if folder.is_dir()]
    return {name: read_provider(name, file.read_bytes()) for name, file in found if file.is_file()}

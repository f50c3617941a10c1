"""Provider ids: one short key, however an app file spells it.

Source: spec models-and-tools §1.17.
"""

_PLUGIN_PREFIX = "langgenius/"
_OTHER_NAMES = {"gemini": "google"}


def provider_id(name: str) -> str:
    """The catalogue's key: `langgenius/openai/openai` and `openai` give `openai`, `langgenius/gemini/google` `google`.

    Ids of other organisations' plugins come back unchanged.
    """
    name = name.strip()
    if name.startswith(_PLUGIN_PREFIX):
        name = name.rpartition("/")[2]
    return _OTHER_NAMES.get(name, name)

"""The page of all model providers, made from the catalogue: `python -m tests.models.providers_page` writes it."""

from pathlib import Path

from treadle.models.catalogue import Provider, catalogue

PAGE = Path(__file__).parents[2] / "docs" / "model-providers.md"

_HEAD = """\
# Model providers

All that Treadle knows, in the order of the console. Types: L chat and completion, E embeddings, R reranking,
S speech to text, T text to speech, M moderation. "One key" opens every known model of a provider; elsewhere each model
has credentials of its own. Credentials in italics may be left out. Who has a list can be asked which models there are
(`treadle model list --remote PROVIDER`, and in the console); models of the others are named. A price that is not known
counts as 0 until a workspace states one. [Models](models.md) tells how they are added, and how you add a provider of
your own.

| Provider | Name | Types | One key | Has a list | Known models | Prices known | Credentials |
| --- | --- | --- | --- | --- | --- | --- | --- |
"""
_LETTERS = {"llm": "L", "text-embedding": "E", "rerank": "R", "speech2text": "S", "tts": "T", "moderation": "M"}


def page() -> str:
    """The page as it should be."""
    return _HEAD + "".join(map(_row, catalogue().values()))


def _row(provider: Provider) -> str:
    fields = {field.variable: field for field in (*provider.provider_form, *provider.model_form)}
    names = [
        f"`{name}`" if field.required and field.default is None else f"*`{name}`*" for name, field in fields.items()
    ]
    priced = sum(1 for model in provider.models if model.pricing is not None)
    cells = [
        f"`{provider.provider}`",
        provider.label.en_US.replace("|", "\\|"),
        "".join(_LETTERS[kind.value] for kind in provider.kinds),
        "yes" if "predefined-model" in provider.configure else "",
        "yes" if provider.listed_by_provider else "",
        str(len(provider.models) or ""),
        str(priced or ""),
        ", ".join(names),
    ]
    return f"| {' | '.join(cells)} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")

"""Model files in the data folder (`models/*.gguf`): what their first bytes say about them.

Source: the GGUF specification, version 3 (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md).
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TypeAlias

from .catalogue import ModelKind

Value: TypeAlias = "int | float | bool | str"

MOST_CONTEXT = 8192
"""Tokens of context that a file's model gets at most: more costs memory whether it is used or not."""

_HEAD = 1_000_000
"""Bytes that are read of a file; a model's own figures stand before its vocabulary."""
_SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_TEXT, _LIST = 8, 9
_LONGEST_TEXT = 65_535
_DEFAULT_CONTEXT = 2048
_NO_POOLING, _RANK_POOLING = 0, 4
_ENCODERS = ("bert", "gritlm", "t5encoder", "eurobert", "neo-bert", "gemma-embedding")
"""Architectures that write nothing, or their names' parts; only vectors come from them."""


class ModelFileError(ValueError):
    """A file is no model that can be offered. The message says why."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model's file; the model has its name without `.gguf`."""

    path: Path
    kind: ModelKind
    context_size: int
    pools: bool
    """Whether the file says how its vectors for tokens become one."""
    memory: int
    """Bytes that it takes about: the file and the memory of one conversation."""

    @property
    def name(self) -> str:
        return self.path.name.removesuffix(".gguf")


def model_files(folder: Path) -> tuple[list[ModelFile], dict[str, str]]:
    """The models in `folder`, by name, and why others cannot be offered, by the name that they would have."""
    good: list[ModelFile] = []
    bad: dict[str, str] = {}
    for path in sorted(folder.glob("*.gguf")) if folder.is_dir() else ():
        try:
            good.append(read_model_file(path))
        except (OSError, ModelFileError) as error:
            bad[path.name.removesuffix(".gguf")] = f"The file {path} cannot be used: {error}."
    return good, bad


def read_model_file(path: Path) -> ModelFile:
    """What a file holds. Raises ModelFileError and OSError."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    facts = _facts(head)
    architecture = facts.get("general.architecture")
    if not isinstance(architecture, str):
        raise ModelFileError("it does not name its architecture")

    def number(name: str, otherwise: int) -> int:
        value = facts.get(f"{architecture}.{name}")
        return value if isinstance(value, int) and value > 0 else otherwise

    if number("pooling_type", _NO_POOLING) == _RANK_POOLING:
        raise ModelFileError("it ranks documents, which files cannot be used for yet")
    pools = number("pooling_type", _NO_POOLING) != _NO_POOLING
    vectors = pools or any(part in architecture for part in _ENCODERS)
    context = min(number("context_length", _DEFAULT_CONTEXT), MOST_CONTEXT)
    heads = number("attention.head_count", 1)
    width = number("embedding_length", 1) // heads * number("attention.head_count_kv", heads)
    conversation = 0 if vectors else 2 * width * number("block_count", 1) * context
    kind = ModelKind.EMBEDDING if vectors else ModelKind.LLM
    return ModelFile(path, kind, context, pools, path.stat().st_size + conversation)


def _facts(head: bytes) -> dict[str, Value]:
    """The single values before the vocabulary; lists are left out."""
    if head[:4] != b"GGUF":
        raise ModelFileError("it does not begin as a GGUF file does; download it again")
    source = BytesIO(head)
    source.seek(4)
    try:
        version, _tensors, count = _unpack(source, "<IQQ")
        if version not in (2, 3):
            raise ModelFileError(f"its format is version {version}, and only 2 and 3 are known")
        facts: dict[str, Value] = {}
        for _ in range(count):
            key = _text(source)
            if key.startswith("tokenizer."):
                break
            value = _value(source, _unpack(source, "<I")[0])
            if value is not None:
                facts[key] = value
    except (struct.error, UnicodeDecodeError, EOFError) as error:
        raise ModelFileError("its beginning is damaged; download it again") from error
    return facts


def _value(source: BytesIO, kind: int) -> "Value | None":
    if kind == _TEXT:
        return _text(source)
    if kind in _SCALARS:
        return _unpack(source, _SCALARS[kind])[0]
    if kind != _LIST:
        raise EOFError
    kind, count = _unpack(source, "<IQ")
    if kind in _SCALARS:
        source.seek(struct.calcsize(_SCALARS[kind]) * count, 1)
    elif kind == _TEXT:
        for _ in range(count):
            _text(source)
    else:
        raise EOFError
    return None


def _text(source: BytesIO) -> str:
    length = _unpack(source, "<Q")[0]
    text = source.read(length) if length <= _LONGEST_TEXT else b""
    if len(text) < length:
        raise EOFError
    return text.decode()


def _unpack(source: BytesIO, form: str) -> Sequence[int]:
    return struct.unpack(form, source.read(struct.calcsize(form)))

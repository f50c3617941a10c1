"""OpenAI's vocabularies from the package `bpe-openai` (the extra `treadle[tokens]`), read when they are first wanted.

Reading one takes 0.1 s and 65 MB, so a thread does it, and until then callers estimate. Of the package only its
compiled part is loaded: what it wraps around that takes a second and twice the memory.
"""

import importlib.util
import logging
from collections.abc import Callable
from functools import cache
from importlib.machinery import PathFinder
from threading import Lock, Thread

from .tokens_estimate import Vocabulary

_log = logging.getLogger(__name__)

Counter = Callable[[str], int]

_counters: dict[Vocabulary, Counter | None] = {}
"""None while it is being read, and for good where there is none."""
_lock = Lock()


def counter(vocabulary: Vocabulary) -> Counter | None:
    """What counts the tokens of a text, None while the vocabulary is not there. Never waits."""
    if vocabulary in _counters:
        return _counters[vocabulary]
    with _lock:
        if vocabulary not in _counters:
            _counters[vocabulary] = None
            if installed():
                Thread(target=load, args=(vocabulary,), name="token vocabulary", daemon=True).start()
    return _counters[vocabulary]


@cache
def installed() -> bool:
    """Whether the extra is there."""
    return importlib.util.find_spec("bpe_openai") is not None


def load(vocabulary: Vocabulary) -> None:
    """Reads a vocabulary. Blocks for a tenth of a second."""
    package = importlib.util.find_spec("bpe_openai")
    folders = package.submodule_search_locations if package is not None else None
    spec = PathFinder.find_spec("_bindings", list(folders or ()))
    if spec is None or spec.loader is None:
        return
    try:
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        count: Counter = module.tokenizer_for_encoding(vocabulary).count
        count("ready")
    except (ImportError, AttributeError, ValueError) as error:
        _log.warning("the vocabulary %s cannot be read (%s); tokens are estimated", vocabulary, error)
        return
    _counters[vocabulary] = count

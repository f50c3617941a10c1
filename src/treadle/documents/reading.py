"""Documents are read in a few threads of their own: a flood of them fills neither the memory nor the common threads."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from .formats import extract_text

_AT_ONCE: Final = 2
_READERS: Final = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="document")


async def read_text(data: bytes, extension: str, mime_type: str) -> str:
    """`extract_text`, without holding up the event loop. Raises what that raises."""
    return await asyncio.get_running_loop().run_in_executor(_READERS, extract_text, data, extension, mime_type)

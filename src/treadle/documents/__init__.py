"""Text out of documents: one function for every format. A module per family of formats.

Source: spec workflow-nodes §10. What a document may hold is bounded, and nothing that it refers to is fetched.
"""

from .bounds import DEFAULT_BOUNDS, Bounds
from .formats import EXTENSIONS, MIME_TYPES, extract_text
from .reading import read_text

__all__ = ["DEFAULT_BOUNDS", "EXTENSIONS", "MIME_TYPES", "Bounds", "extract_text", "read_text"]

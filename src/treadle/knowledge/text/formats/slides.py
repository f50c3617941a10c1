"""PowerPoint files: a piece for every slide, its title as heading."""

from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import TYPE_CHECKING

from treadle.documents.package import open_package
from treadle.documents.slides import shape_texts, slide_notes
from treadle.knowledge.text.pieces import Piece

from .reading import Reading

if TYPE_CHECKING:
    from pptx.shapes.base import BaseShape
    from pptx.slide import Slide


def slides_pieces(data: bytes, reading: Reading) -> Iterator[Piece]:
    """The slides that say something: title, texts from top to bottom, tables, images and the speaker's notes."""
    from pptx import Presentation

    open_package(data, reading.bounds).close()
    presentation = Presentation(BytesIO(data))
    return reading.counted(
        piece for number, slide in enumerate(presentation.slides) if (piece := _piece(slide, number, reading))
    )


def _piece(slide: "Slide", number: int, reading: Reading) -> Piece | None:
    title_shape = slide.shapes.title
    title = " ".join(title_shape.text_frame.text.split()) if title_shape is not None else ""
    others = [shape for shape in slide.shapes if title_shape is None or shape.shape_id != title_shape.shape_id]
    placed = sorted(others, key=lambda shape: (shape.top or 0, shape.left or 0))
    parts = [f"# {title}" if title else "", *shape_texts(placed, reading.bounds), *_images(placed, reading)]
    parts += [f"Notes: {text}" for text in slide_notes(slide) if text.strip()]
    text = "\n\n".join(part.strip() for part in parts if part.strip())
    if not text:
        return None
    return Piece(text, page=number, heading=(title,) if title else None, source=f"slide {number + 1}")


def _images(shapes: "Iterable[BaseShape]", reading: Reading) -> Iterator[str]:
    from pptx.shapes.group import GroupShape
    from pptx.shapes.picture import Picture

    if reading.keep_image is None:
        return
    for shape in shapes:
        if isinstance(shape, GroupShape):
            yield from _images(shape.shapes, reading)
        elif isinstance(shape, Picture):
            try:
                image = shape.image
            except (ValueError, KeyError):  # a picture that is only linked
                continue
            yield reading.image(image.blob, image.content_type)

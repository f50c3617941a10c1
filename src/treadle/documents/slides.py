"""PowerPoint files: the text of every shape, slide after slide."""

from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import TYPE_CHECKING

from .bounds import Bounds
from .package import open_package
from .tables import markdown_table, short_rule

if TYPE_CHECKING:
    from pptx.shapes.base import BaseShape
    from pptx.slide import Slide


def slides_text(data: bytes, bounds: Bounds) -> str:
    """The texts of all shapes, tables as Markdown and the speaker's notes, joined by newlines."""
    from pptx import Presentation

    open_package(data, bounds).close()
    presentation = Presentation(BytesIO(data))
    return "\n".join(
        bounds.counted(
            text.strip()
            for slide in presentation.slides
            for text in [*shape_texts(slide.shapes, bounds), *slide_notes(slide)]
            if text.strip()
        )
    )


def shape_texts(shapes: "Iterable[BaseShape]", bounds: Bounds) -> Iterator[str]:
    """The texts of shapes, of those in groups too; tables as Markdown."""
    from pptx.shapes.autoshape import Shape
    from pptx.shapes.graphfrm import GraphicFrame
    from pptx.shapes.group import GroupShape

    for shape in shapes:
        if isinstance(shape, GroupShape):
            yield from shape_texts(shape.shapes, bounds)
        elif isinstance(shape, GraphicFrame) and shape.has_table:
            rows = ([cell.text.strip() for cell in row.cells] for row in shape.table.rows)
            yield markdown_table(bounds.rows(rows), line_break="<br>", rule=short_rule)
        elif isinstance(shape, Shape):
            yield shape.text_frame.text.replace("\v", "\n")


def slide_notes(slide: "Slide") -> list[str]:
    """The speaker's notes, if there are any."""
    if not slide.has_notes_slide or slide.notes_slide.notes_text_frame is None:
        return []
    return [slide.notes_slide.notes_text_frame.text.replace("\v", "\n")]

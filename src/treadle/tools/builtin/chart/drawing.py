"""Draws charts with matplotlib, whose figures are made without its global state so that threads do not meet there."""

import io
from collections.abc import Sequence
from functools import cache
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["bar", "line", "pie"]

_CJK = (
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans SC", "Noto Sans JP", "Source Han Sans SC", "Source Han Sans CN",
    "WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "Microsoft YaHei", "PingFang SC", "Hiragino Sans", "Yu Gothic",
    "IPAexGothic", "IPAGothic", "TakaoGothic", "SimHei", "Arial Unicode MS", "Droid Sans Fallback",
)  # fmt: skip
"""Families that hold Chinese and Japanese letters, the more common ones first."""


def draw(kind: Kind, numbers: Sequence[float], names: Sequence[str]) -> bytes:
    """A PNG of 960 by 600 pixels. `names` are one for each number, or none."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.6, 6.0), dpi=100, layout="constrained")
    axes = figure.add_subplot()
    places = list(range(1, len(numbers) + 1))
    if kind == "pie":
        axes.pie(numbers, labels=list(names) or None, autopct="%1.1f%%", startangle=90, counterclock=False)
        axes.axis("equal")
    else:
        if kind == "bar":
            axes.bar(places, numbers, color="#2970FF")
        else:
            axes.plot(places, numbers, color="#2970FF", marker="o" if len(numbers) <= 60 else None)
        axes.grid(axis="y", alpha=0.3)
        if names:
            step = -(-len(names) // 40)
            long = max(map(len, names)) * len(names) / step > 90
            rotation, side = (45, "right") if long else (0, "center")
            axes.set_xticks(places[::step], list(names)[::step], rotation=rotation, ha=side)
    for text in [*axes.texts, *axes.get_xticklabels()]:
        text.set_parse_math(False)
        text.set_fontfamily(_families())
    picture = io.BytesIO()
    FigureCanvasAgg(figure).print_png(picture)
    return picture.getvalue()


@cache
def _families() -> list[str]:
    """The font of texts, followed by those installed that have the letters it lacks."""
    from matplotlib.font_manager import fontManager

    installed = {font.name for font in fontManager.ttflist}
    return ["DejaVu Sans", *(name for name in _CJK if name in installed)]

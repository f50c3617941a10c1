"""What axe-core finds on a page, in the light theme and in the dark one."""

from functools import cache
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"

Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")

FIND = """async (impacts) => {
  const { violations, passes } = await axe.run(document, { resultTypes: ["violations"] });
  if (passes.length < 5) return ["axe found next to nothing to look at"];
  return violations
    .filter((violation) => impacts.includes(violation.impact))
    .flatMap((violation) => violation.nodes.map((node) => `${violation.id}: ${node.target} ${node.failureSummary}`));
}"""

STILL = """async (dark) => {
  while (matchMedia("(prefers-color-scheme: dark)").matches !== dark) await new Promise(requestAnimationFrame);
  const moving = () => document.getAnimations().some(({ effect, playState }) =>
    playState === "running" && effect.getTiming().iterations !== Infinity);
  while (moving()) await new Promise(requestAnimationFrame);
}"""
"""Comes to an end once the theme is there and nothing fades in or out: colours half way are no finding."""


@cache
def axe_source() -> str:
    return AXE.read_text()


def wear(page: Page, theme: Theme) -> None:
    """Shows the page in a theme, until every colour has arrived."""
    page.emulate_media(color_scheme=theme)
    page.evaluate(STILL, theme == "dark")


def violations(page: Page) -> list[str]:
    """The serious and critical ones of the page as it is."""
    if not page.evaluate("typeof axe !== 'undefined'"):
        page.evaluate(axe_source() + "\n;0")
    found: list[str] = page.evaluate(FIND, ["serious", "critical"])
    return found


def expect_accessible(page: Page) -> None:
    """Fails on serious and critical violations in either theme."""
    found: list[str] = []
    for theme in THEMES:
        wear(page, theme)
        found += [f"{theme}: {each}" for each in violations(page)]
    page.emulate_media(color_scheme="light")
    assert not found, "\n".join(found)

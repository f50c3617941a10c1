"""What axe-core finds on a page, in the light theme and in the dark one."""

from functools import cache
from pathlib import Path

from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"

FIND = """async (impacts) => {
  const { violations, passes } = await axe.run(document, { resultTypes: ["violations"] });
  if (passes.length < 5) return ["axe found next to nothing to look at"];
  return violations
    .filter((violation) => impacts.includes(violation.impact))
    .flatMap((violation) => violation.nodes.map((node) => `${violation.id}: ${node.target} ${node.failureSummary}`));
}"""

STILL = """async () => {
  const moving = () => document.getAnimations().some(({ effect, playState }) =>
    playState === "running" && effect.getTiming().iterations !== Infinity);
  while (moving()) await new Promise(requestAnimationFrame);
}"""
"""Comes to an end once nothing fades in or out: colours half way are no finding."""


@cache
def axe_source() -> str:
    return AXE.read_text()


def expect_accessible(page: Page) -> None:
    """Fails on serious and critical violations in either theme."""
    if not page.evaluate("typeof axe !== 'undefined'"):
        page.evaluate(axe_source() + "\n;0")
    found: list[str] = []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        page.evaluate(STILL)
        found += [f"{theme}: {each}" for each in page.evaluate(FIND, ["serious", "critical"])]
    page.emulate_media(color_scheme="light")
    assert not found, "\n".join(found)

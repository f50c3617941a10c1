import docs from "../../../../../docs/nodes.md?raw";

/** What the documentation says about a node type; null where it says nothing. Links to its other pages are plain words. */
export function helpFor(type: string): string | null {
  const sections = docs.split(/^## /m).slice(1);
  const named = `\`${type}\``;
  const found = sections.find((section) => firstLine(section).includes(named)) ?? sections.find((section) => section.includes(named));
  if (found === undefined) return null;
  return found
    .slice(firstLine(found).length)
    // A line of a paragraph goes on in the next one.
    .replace(/([^\n|])\n *(?=[^\s|-])/g, "$1 ")
    .replace(/\[([^\]]+)\]\((?!https?:)[^)]*\)/g, "$1")
    .trim();
}

function firstLine(section: string): string {
  return section.slice(0, section.indexOf("\n"));
}

import { createElement, useEffect, useState, type ReactNode } from "react";
import { CopyButton } from "../copy-button";
import type { HighlightTree } from "./highlight";

/** Beyond this the colours are not worth the time they take. */
const MAX_COLOURED = 40_000;

export function CodeBlock({ code, language }: { code: string; language: string }) {
  const coloured = useColours(code, language);
  return (
    <div className="overflow-hidden rounded-card border border-line bg-surface">
      <div className="flex h-8 items-center justify-between border-b border-line pr-1 pl-3">
        <span className="font-mono text-12 text-muted">{language}</span>
        <CopyButton text={code} />
      </div>
      <pre tabIndex={0} className="code overflow-x-auto p-3 font-mono text-13">
        <code>
          {coloured === null ? code : renderTree(coloured.tree.children)}
          {coloured !== null && code.slice(coloured.code.length)}
        </code>
      </pre>
    </div>
  );
}

type TreeNode = HighlightTree["children"][number];

function renderTree(nodes: readonly TreeNode[]): ReactNode {
  return nodes.map((node, at) => {
    if (node.type === "text") return node.value;
    if (node.type !== "element") return null;
    const classes = node.properties.className;
    const className = Array.isArray(classes) ? classes.join(" ") : undefined;
    return createElement("span", { key: at, className }, renderTree(node.children));
  });
}

/** The colours of `code`, or of its longest beginning that is done: while it streams, only its end waits for them. */
function useColours(code: string, language: string): { code: string; tree: HighlightTree } | null {
  const [done, setDone] = useState<{ code: string; tree: HighlightTree } | null>(null);
  useEffect(() => {
    if (language === "" || code.length > MAX_COLOURED) return;
    let current = true;
    import("./highlight")
      .then(({ highlight }) => highlight(code, language))
      .then((tree) => {
        if (current && tree !== null) setDone({ code, tree });
      })
      .catch(() => undefined);
    return () => {
      current = false;
    };
  }, [code, language]);
  return done !== null && code.startsWith(done.code) ? done : null;
}

import type { TFunction } from "i18next";
import { groupTitle } from "@/features/variables/group-title";
import { choicesOf, type VariableScope } from "@/features/variables/scope";
import { canBeWritten, REFERENCE, referenceTo } from "@/features/variables/tokens";
import type { ValueType } from "@/features/variables/types";

/** What a token shows. */
export interface TokenLook {
  origin: string;
  path: string;
  state: "ok" | "missing" | "outside" | "block";
  title: string;
}

/** A line of the menu. What is made on the way is put in by a function that gives its text. */
export interface Offer {
  label: string;
  detail?: string;
  section: { name: string; rank: number };
  insert: string | (() => string);
}

/** The tokens of a prompt, and what its menu offers for what was typed behind `/` or `{`. */
export interface Vocabulary {
  pattern: RegExp;
  look: (match: RegExpMatchArray) => TokenLook;
  offers: (search: string) => Offer[];
}

/** `context`, `histories`, `query`: what a prompt may hold besides variables. */
export type Block = "context" | "histories" | "query";

interface References {
  scope: VariableScope;
  accepted?: readonly ValueType[] | undefined;
  blocks?: readonly string[];
}

/** References to values of the canvas: `{{#node.value#}}`. */
export function references(t: TFunction, { scope, accepted, blocks = [] }: References): Vocabulary {
  const look = (path: string): TokenLook => {
    const selector = path.split(".");
    const found = scope.resolve(selector);
    const origin = groupTitle(t, { id: selector[0] ?? "", title: found.nodeType === null ? null : found.title });
    const title = found.state === "ok" ? `${path} · ${found.type}` : t(`editors.variables.${found.state}`, { path });
    return { origin, path: found.path, state: found.state, title };
  };
  return {
    pattern: REFERENCE,
    look: (match) => (match[1] === undefined ? blockLook(t, match[2] as Block) : look(match[1])),
    offers: (search) => [
      ...blockOffers(t, blocks as readonly Block[], search),
      ...choicesOf(scope, accepted, search).flatMap((group, rank) =>
        group.choices
          .filter(({ selector, selectable }) => selectable && canBeWritten(selector))
          .map(({ selector, variable }) => ({
            label: selector.slice(1).join("."),
            detail: variable.type,
            section: { name: groupTitle(t, group), rank: rank + 1 },
            insert: referenceTo(selector),
          })),
      ),
    ],
  };
}

export function blockLook(t: TFunction, block: Block): TokenLook {
  const title = t(`editors.blocks.${block}`);
  return { origin: title, path: "", state: "block", title };
}

export function blockOffers(t: TFunction, blocks: readonly Block[], search: string): Offer[] {
  const wanted = search.toLowerCase();
  return blocks
    .map((block) => ({ block, label: t(`editors.blocks.${block}`) }))
    .filter(({ block, label }) => label.toLowerCase().includes(wanted) || block.includes(wanted))
    .map(({ block, label }) => ({ label, section: { name: t("editors.blocks.title"), rank: 0 }, insert: `{{#${block}#}}` }));
}

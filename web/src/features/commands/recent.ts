import { isJsonObject, parseJson } from "@/api/json";

/** What was chosen in the palette before: an address with its name, or a command by its id. */
export type Recent = { kind: "place"; to: string; label: string; hint: string } | { kind: "command"; id: string };

const KEY = "treadle.recent";
const KEPT = 8;

export function recentItems(): Recent[] {
  const stored = parseJson(localStorage.getItem(KEY) ?? "[]");
  if (!Array.isArray(stored)) return [];
  return stored.flatMap((each): Recent[] => {
    if (!isJsonObject(each)) return [];
    if (each.kind === "command" && typeof each.id === "string") return [{ kind: "command", id: each.id }];
    if (each.kind !== "place" || typeof each.to !== "string" || typeof each.label !== "string") return [];
    return [{ kind: "place", to: each.to, label: each.label, hint: typeof each.hint === "string" ? each.hint : "" }];
  });
}

export function remember(item: Recent): void {
  const key = keyOf(item);
  localStorage.setItem(KEY, JSON.stringify([item, ...recentItems().filter((each) => keyOf(each) !== key)].slice(0, KEPT)));
}

function keyOf(item: Recent): string {
  return item.kind === "place" ? item.to : `command ${item.id}`;
}

import type { TFunction } from "i18next";

/** What a group of variables is called: a node's title, or the name of a namespace. */
export function groupTitle(t: TFunction, group: { id: string; title: string | null }): string {
  if (group.title !== null) return group.title;
  switch (group.id) {
    case "sys":
      return t("editors.variables.system");
    case "env":
      return t("editors.variables.environment");
    case "conversation":
      return t("editors.variables.conversation");
    case "rag":
      return t("editors.variables.questions");
    default:
      return group.id;
  }
}

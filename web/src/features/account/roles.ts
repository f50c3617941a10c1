import type { Schemas } from "@/api/client";

/** What a member may do in the workspace. The server enforces it; pages only leave out what it would refuse. */
export type Role = Schemas["Role"];

export const ADMINISTRATORS: readonly Role[] = ["owner", "admin"];
export const EDITORS: readonly Role[] = [...ADMINISTRATORS, "editor"];
/** Everybody but those who only look after knowledge. */
export const APP_USERS: readonly Role[] = [...EDITORS, "normal"];
export const KNOWLEDGE_KEEPERS: readonly Role[] = [...EDITORS, "dataset_operator"];

export function mayEdit(role: Role): boolean {
  return EDITORS.includes(role);
}

export function mayAdminister(role: Role): boolean {
  return ADMINISTRATORS.includes(role);
}

/** Where a role begins, and is led from what it may not see. */
export function homeOf(role: Role): string {
  return role === "dataset_operator" ? "/datasets" : "/apps";
}

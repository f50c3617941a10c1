import { isJsonObject, parseJson, type JsonObject } from "@/api/json";

/** What was not published when the page was left, and the state of the app that it began with. */
export interface Kept {
  hash: string;
  configuration: JsonObject;
}

const PREFIX = "treadle.configuration.";

export function keptOf(appId: string): Kept | null {
  const text = localStorage.getItem(PREFIX + appId);
  const value = text === null ? undefined : parseJson(text);
  if (!isJsonObject(value) || typeof value.hash !== "string" || !isJsonObject(value.configuration)) return null;
  return { hash: value.hash, configuration: value.configuration };
}

/** False when the browser has no room, or keeps nothing. */
export function keep(appId: string, kept: Kept): boolean {
  try {
    localStorage.setItem(PREFIX + appId, JSON.stringify(kept));
    return true;
  } catch {
    return false;
  }
}

export function forget(appId: string): void {
  localStorage.removeItem(PREFIX + appId);
}

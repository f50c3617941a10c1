import { useSyncExternalStore } from "react";

let zone: string | undefined;
const listeners = new Set<() => void>();

/** The zone of this machine. */
export function browserZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Shows times in this zone from now on; undefined is the browser's own. A zone that the browser does not know is ignored. */
export function showTimesIn(name: string | undefined): void {
  if (name !== undefined && !isKnown(name)) return;
  zone = name;
  for (const listener of listeners) listener();
}

/** The zone that times are shown in; undefined is the browser's own. */
export function useTimeZone(): string | undefined {
  return useSyncExternalStore(subscribe, () => zone);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function isKnown(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

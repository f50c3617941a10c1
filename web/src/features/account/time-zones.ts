import type { ComboboxOption } from "@/ui/combobox";
import { browserZone } from "@/ui/time-zone";

/** Every zone that this browser knows, each with its offset now: `UTC+09:00`. */
export function zoneOptions(): ComboboxOption[] {
  const names = new Set(["UTC", browserZone(), ...Intl.supportedValuesOf("timeZone")]);
  return [...names].map((name) => ({ value: name, label: name.replaceAll("_", " "), hint: offsetOf(name) }));
}

function offsetOf(zone: string): string {
  const parts = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "longOffset" }).formatToParts();
  const offset = parts.find(({ type }) => type === "timeZoneName")?.value ?? "GMT";
  return offset === "GMT" ? "UTC±00:00" : offset.replace("GMT", "UTC");
}

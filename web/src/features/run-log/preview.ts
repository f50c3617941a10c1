import type { Run } from "@/api/console";
import { parseJson, type JsonValue } from "@/api/json";

/** The first lines of a run: what was asked and what came of it. */
export function previewOf(run: Run): { asked: string; answered: string } {
  const { preview } = run;
  return {
    asked: line(preview?.query ?? null) || line(preview?.inputs ?? null),
    answered: line(preview?.answer ?? null) || line(preview?.outputs ?? null),
  };
}

function line(value: JsonValue): string {
  if (value === null) return "";
  if (typeof value === "string" && /^[{[]/.test(value)) {
    // Inputs and outputs may come as JSON text, cut short when long.
    const parsed = parseJson(value);
    if (parsed !== undefined && typeof parsed === "object") return line(parsed);
  }
  if (typeof value !== "object") return String(value).trim().split("\n", 1)[0] ?? "";
  const entries = Array.isArray(value) ? value.map((item): [string, JsonValue] => ["", item]) : Object.entries(value);
  const shown = entries.filter(([name, item]) => !name.startsWith("sys.") && item !== null && item !== "");
  const [only] = shown;
  if (shown.length === 1 && only !== undefined) return line(only[1]);
  return shown.map(([name, item]) => (name === "" ? line(item) : `${name}: ${line(item)}`)).join(" · ");
}

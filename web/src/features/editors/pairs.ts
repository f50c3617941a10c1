export interface Pair {
  key: string;
  value: string;
}

/** Rows of `key:value` lines; blank lines are none (spec workflow-nodes §20). */
export function splitPairs(text: string): Pair[] {
  return text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const at = line.indexOf(":");
      return at < 0 ? { key: line.trim(), value: "" } : { key: line.slice(0, at).trim(), value: line.slice(at + 1).trim() };
    });
}

export function joinPairs(rows: readonly Pair[]): string {
  return rows
    .filter((row) => row.key !== "" || row.value !== "")
    .map((row) => `${row.key}:${row.value}`)
    .join("\n");
}

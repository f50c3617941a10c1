import type { JsonValue } from "@/api/json";

/** A line on one or both sides; a side that lacks it is null. */
export interface LinePair {
  left: string | null;
  right: string | null;
  same: boolean;
}

const MOST = 1500;

/** A value as lines: text as it is, anything else as JSON. */
export function linesOf(value: JsonValue | undefined): string[] {
  if (value === undefined || value === null) return [];
  return (typeof value === "string" ? value : JSON.stringify(value, null, 2)).split("\n");
}

/** Two texts side by side, equal lines beside each other. Beyond 1,500 lines they are paired as they come. */
export function pairLines(left: readonly string[], right: readonly string[]): LinePair[] {
  if (Math.max(left.length, right.length) > MOST) return zip(left, right);
  const width = right.length + 1;
  // Of each pair of ends, the number of lines that can stand beside each other.
  const common = new Uint16Array((left.length + 1) * width);
  for (let i = left.length - 1; i >= 0; i--) {
    for (let j = right.length - 1; j >= 0; j--) {
      common[i * width + j] =
        left[i] === right[j]
          ? (common[(i + 1) * width + j + 1] ?? 0) + 1
          : Math.max(common[(i + 1) * width + j] ?? 0, common[i * width + j + 1] ?? 0);
    }
  }
  const pairs: LinePair[] = [];
  let [i, j] = [0, 0];
  let [gone, come]: [string[], string[]] = [[], []];
  const settle = () => {
    pairs.push(...zip(gone, come));
    [gone, come] = [[], []];
  };
  while (i < left.length || j < right.length) {
    const [one, other] = [left[i], right[j]];
    if (one !== undefined && one === other) {
      settle();
      pairs.push({ left: one, right: other, same: true });
      i++;
      j++;
    } else if (other === undefined || (one !== undefined && (common[(i + 1) * width + j] ?? 0) >= (common[i * width + j + 1] ?? 0))) {
      gone.push(one ?? "");
      i++;
    } else {
      come.push(other);
      j++;
    }
  }
  settle();
  return pairs;
}

function zip(left: readonly string[], right: readonly string[]): LinePair[] {
  return Array.from({ length: Math.max(left.length, right.length) }, (_, at) => {
    const pair = { left: left[at] ?? null, right: right[at] ?? null };
    return { ...pair, same: pair.left === pair.right };
  });
}

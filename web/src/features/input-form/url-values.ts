/**
 * Variables in the page's address: one parameter per name, base64 of the gzipped text (spec: console §13).
 * What does not decode is left out.
 */
export async function valuesFromAddress(search: string): Promise<Record<string, string>> {
  const reserved = new Set(["conversation", "mode"]);
  const pairs = await Promise.all(
    [...new URLSearchParams(search)]
      .filter(([name]) => !reserved.has(name))
      .map(async ([name, value]) => [name, await decode(value)] as const),
  );
  return Object.fromEntries(pairs.filter((pair): pair is readonly [string, string] => pair[1] !== null));
}

async function decode(value: string): Promise<string | null> {
  try {
    // URLSearchParams reads the plus signs of base64 as spaces.
    const bytes = Uint8Array.from(atob(value.replaceAll(" ", "+")), (char) => char.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return await new Response(stream).text();
  } catch {
    return null;
  }
}

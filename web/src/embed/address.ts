import type { EmbedConfig } from "./config";

/** Longer addresses do not come through everywhere. */
export const LONGEST = 2048;

/** The address of the chat with everything that the page gives it, each value as base64 of its gzipped text. */
export async function chatAddress({ baseUrl, token, inputs, systemVariables, userVariables }: EmbedConfig): Promise<string> {
  const given = [...prefixed(inputs, ""), ...prefixed(systemVariables, "sys."), ...prefixed(userVariables, "user.")];
  const query = new URLSearchParams();
  for (const [name, value] of given) query.set(name, await packed(value));
  const text = query.toString();
  return `${baseUrl}/chatbot/${token}${text === "" ? "" : `?${text}`}`;
}

function prefixed(values: Record<string, unknown>, prefix: string): [string, string][] {
  return Object.entries(values)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => [prefix + name, typeof value === "string" ? value : JSON.stringify(value)]);
}

async function packed(text: string): Promise<string> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  let letters = "";
  for (const byte of bytes) letters += String.fromCharCode(byte);
  return btoa(letters);
}

/** A request read from a cURL command. */
export interface CurlRequest {
  method: string;
  url: string;
  headers: [string, string][];
  params: [string, string][];
  body: CurlBody;
}

export type CurlBody =
  | { type: "none" }
  | { type: "json" | "raw-text"; text: string }
  | { type: "x-www-form-urlencoded"; fields: [string, string][] }
  | { type: "form-data"; fields: { key: string; value: string; file: boolean }[] };

/** Why a command cannot be read. */
export type CurlProblem = "notCurl" | "openQuote" | "noUrl" | "missingArgument";

export class CurlError extends Error {
  override readonly name = "CurlError";

  constructor(
    readonly problem: CurlProblem,
    readonly option = "",
  ) {
    super(problem);
  }
}

/** Options without an effect here that take an argument. */
const IGNORED_WITH_ARGUMENT = new Set([
  "-o", "--output", "-m", "--max-time", "--connect-timeout", "--retry", "-x", "--proxy", "--cacert", "--cert", "-E",
  "--key", "-w", "--write-out", "--resolve", "-c", "--cookie-jar", "--limit-rate", "--ciphers", "-K", "--config",
]); // prettier-ignore
const DATA = new Set(["-d", "--data", "--data-ascii", "--data-raw", "--data-binary"]);
const METHODS = new Set(["get", "post", "put", "patch", "delete", "head", "options"]);

/** Reads a command as shells and browsers copy it. Raises CurlError. */
export function parseCurl(command: string): CurlRequest {
  const words = wordsOf(command);
  const program = words.shift();
  if (program === undefined || !/(^|\/)curl(\.exe)?$/i.test(program)) throw new CurlError("notCurl");
  const read: Reading = { method: "", urls: [], headers: [], data: [], encoded: [], form: [], json: null, get: false, head: false };
  while (words.length > 0) readWord(words, read);
  const address = read.urls.find((url) => url !== "");
  if (address === undefined) throw new CurlError("noUrl");
  const [url, params] = withoutQuery(/^[a-z][a-z0-9+.-]*:\/\//i.test(address) ? address : `http://${address}`);
  if (read.get) {
    params.push(...formFields(read.data.join("&")), ...read.encoded);
    return { method: methodOf(read, "get"), url, headers: read.headers, params, body: { type: "none" } };
  }
  const body = bodyOf(read);
  const fallback = read.head ? "head" : body.type === "none" ? "get" : "post";
  return { method: methodOf(read, fallback), url, headers: withoutContentType(read.headers, body), params, body };
}

interface Reading {
  method: string;
  urls: string[];
  headers: [string, string][];
  data: string[];
  encoded: [string, string][];
  form: { key: string; value: string; file: boolean }[];
  json: string | null;
  get: boolean;
  head: boolean;
}

function readWord(words: string[], read: Reading): void {
  let word = words.shift() ?? "";
  if (!word.startsWith("-") || word === "-") {
    read.urls.push(word);
    return;
  }
  // `--request=POST`, `-XPOST`, `-sSL`
  if (word.startsWith("--") && word.includes("=")) {
    words.unshift(word.slice(word.indexOf("=") + 1));
    word = word.slice(0, word.indexOf("="));
  } else if (/^-[^-].+/.test(word)) {
    const rest = word.slice(2);
    word = word.slice(0, 2);
    if (takesArgument(word)) words.unshift(rest);
    else words.unshift(`-${rest}`);
  }
  if (word === "-G" || word === "--get") read.get = true;
  else if (word === "-I" || word === "--head") read.head = true;
  else if (takesArgument(word)) readOption(word, argumentOf(words, word), read);
}

function takesArgument(option: string): boolean {
  return DATA.has(option) || IGNORED_WITH_ARGUMENT.has(option) || OPTIONS.has(option);
}

const OPTIONS = new Set([
  "-X", "--request", "-H", "--header", "--url", "-F", "--form", "--form-string", "--data-urlencode", "--json", "-u",
  "--user", "-A", "--user-agent", "-e", "--referer", "-b", "--cookie",
]); // prettier-ignore

function argumentOf(words: string[], option: string): string {
  const argument = words.shift();
  if (argument === undefined) throw new CurlError("missingArgument", option);
  return argument;
}

function readOption(option: string, argument: string, read: Reading): void {
  if (DATA.has(option)) read.data.push(option === "--data-raw" ? argument : argument.replace(/^@/, ""));
  switch (option) {
    case "-X":
    case "--request":
      read.method = argument.toLowerCase();
      break;
    case "-H":
    case "--header":
      read.headers.push(headerOf(argument));
      break;
    case "--url":
      read.urls.push(argument);
      break;
    case "-F":
    case "--form":
    case "--form-string":
      read.form.push(formPart(argument, option !== "--form-string"));
      break;
    case "--data-urlencode":
      read.encoded.push(pairOf(argument, false));
      break;
    case "--json":
      read.json = (read.json ?? "") + argument;
      break;
    case "-u":
    case "--user":
      read.headers.push(["Authorization", `Basic ${base64(argument)}`]);
      break;
    case "-A":
    case "--user-agent":
      read.headers.push(["User-Agent", argument]);
      break;
    case "-e":
    case "--referer":
      read.headers.push(["Referer", argument]);
      break;
    case "-b":
    case "--cookie":
      read.headers.push(["Cookie", argument]);
      break;
  }
}

function methodOf(read: Reading, fallback: string): string {
  return METHODS.has(read.method) ? read.method : fallback;
}

function bodyOf(read: Reading): CurlBody {
  if (read.form.length > 0) return { type: "form-data", fields: read.form };
  if (read.json !== null) return { type: "json", text: read.json };
  if (read.encoded.length > 0) {
    return { type: "x-www-form-urlencoded", fields: [...formFields(read.data.join("&")), ...read.encoded] };
  }
  if (read.data.length === 0) return { type: "none" };
  const text = read.data.join("&");
  const type = read.headers.find(([name]) => name.toLowerCase() === "content-type")?.[1].toLowerCase() ?? "";
  if (type.includes("json") || (type === "" && isJson(text))) return { type: "json", text };
  const isForm = type === "" || type.startsWith("application/x-www-form-urlencoded");
  return isForm && /^[^=&\s]+=/.test(text) ? { type: "x-www-form-urlencoded", fields: formFields(text) } : { type: "raw-text", text };
}

/** The node sets the content type of these bodies by itself. */
function withoutContentType(headers: [string, string][], body: CurlBody): [string, string][] {
  if (body.type === "none" || body.type === "raw-text") return headers;
  return headers.filter(([name]) => name.toLowerCase() !== "content-type");
}

function isJson(text: string): boolean {
  if (!/^\s*[[{]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function headerOf(line: string): [string, string] {
  const at = line.indexOf(":");
  return at < 0 ? [line.replace(/;$/, "").trim(), ""] : [line.slice(0, at).trim(), line.slice(at + 1).trim()];
}

function formPart(part: string, mayBeFile: boolean): { key: string; value: string; file: boolean } {
  const [key, value] = pairOf(part, false);
  const file = mayBeFile && /^[@<]/.test(value);
  return { key, value: file ? value.slice(1) : value, file };
}

function formFields(text: string): [string, string][] {
  return text
    .split("&")
    .filter((field) => field !== "")
    .map((field) => pairOf(field, true));
}

function pairOf(text: string, encoded: boolean): [string, string] {
  const at = text.indexOf("=");
  const [key, value] = at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
  return encoded ? [decoded(key), decoded(value)] : [key, value];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

/** The address and the fields of its query. */
function withoutQuery(address: string): [string, [string, string][]] {
  const [whole = ""] = address.split("#");
  const at = whole.indexOf("?");
  return at < 0 ? [whole, []] : [whole.slice(0, at), formFields(whole.slice(at + 1))];
}

const ESCAPES: Record<string, string> = { n: "\n", t: "\t", r: "\r", "0": "\0", a: "\x07", b: "\b", f: "\f", v: "\v", e: "\x1b" };

/**
 * The words of a command line: single, double and ANSI-C quotes, backslashes, and lines continued with `\`, `^` (Windows)
 * or a backtick (PowerShell). Raises CurlError for a quote that is not closed.
 */
export function wordsOf(command: string): string[] {
  const text = command.trim().replace(/^\$\s+/, "").replace(/[ \t]*[\\^`]\r?\n/g, " ");
  const words: string[] = [];
  let word: string | null = null;
  for (let at = 0; at < text.length; at++) {
    const letter = text[at] ?? "";
    if (/\s/.test(letter)) {
      if (word !== null) words.push(word);
      word = null;
    } else if (letter === "'" || letter === '"' || (letter === "$" && text[at + 1] === "'" && word === null)) {
      const ansi = letter === "$";
      const [inside, end] = quoted(text, ansi ? at + 2 : at + 1, ansi ? "'" : letter, ansi);
      word = (word ?? "") + inside;
      at = end;
    } else if (letter === "\\") {
      at += 1;
      word = (word ?? "") + (text[at] ?? "");
    } else {
      word = (word ?? "") + letter;
    }
  }
  if (word !== null) words.push(word);
  return words;
}

/** What stands between quotes from `start` on, and where they close. */
function quoted(text: string, start: number, quote: string, ansi: boolean): [string, number] {
  let inside = "";
  for (let at = start; at < text.length; at++) {
    const letter = text[at] ?? "";
    if (letter === quote) return [inside, at];
    const next = text[at + 1] ?? "";
    if (letter === "\\" && ansi) {
      const [value, length] = ansiEscape(text.slice(at + 1));
      inside += value;
      at += length;
    } else if (letter === "\\" && quote === '"' && '"\\$`'.includes(next) && next !== "") {
      inside += next;
      at += 1;
    } else {
      inside += letter;
    }
  }
  throw new CurlError("openQuote");
}

function ansiEscape(rest: string): [string, number] {
  const code = /^(?:u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|x([0-9a-fA-F]{1,2}))/.exec(rest);
  const digits = code?.[1] ?? code?.[2] ?? code?.[3];
  if (code !== null && digits !== undefined) return [String.fromCodePoint(parseInt(digits, 16)), code[0].length];
  const letter = rest[0] ?? "";
  return [ESCAPES[letter] ?? letter, 1];
}

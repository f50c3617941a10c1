// Runs one piece of user code in Deno and answers once. Read: two sizes (code, inputs), then both texts. Written: a
// kind (R result, E error), a size, a text. Nothing else reaches standard output: console is silent.
const { stdin, stdout, exit } = Deno;
const builtin = globalThis.process?.getBuiltinModule;
const NAME = "main.js";
const FRAME = /^ +at (?:(\S+) \()?main\.js, <anonymous>:(\d+):(\d+)/gm;
const HINT = "(the code sandbox allows no network, no files, no environment and no other processes)";

const readExactly = (size) => {
  const bytes = new Uint8Array(size);
  for (let read = 0; read < size; ) {
    const count = stdin.readSync(bytes.subarray(read));
    if (count === null) exit(0); // the server is gone
    read += count;
  }
  return bytes;
};

const answer = (kind, text) => {
  const payload = new TextEncoder().encode(text);
  const message = new Uint8Array(5 + payload.length);
  message[0] = kind.charCodeAt(0);
  new DataView(message.buffer).setUint32(1, payload.length);
  message.set(payload, 5);
  for (let sent = 0; sent < message.length; ) sent += stdout.writeSync(message.subarray(sent));
  exit(0);
};

const described = (error) => {
  if (!(error instanceof Error)) return `Uncaught ${String(error)}`;
  const frames = [...String(error.stack ?? "").matchAll(FRAME)].map(([, where, line, column]) =>
    where ? `    at ${where} (${NAME}:${line}:${column})` : `    at ${NAME}:${line}:${column}`,
  );
  const message = error.message.replace(/, run again with the --allow-\S+ flag/, "");
  const text = [`${error.name}: ${message}`, ...frames];
  return (/^Requires \w+ access/.test(message) ? [...text, HINT] : text).join("\n");
};

const checked = (key, value) => {
  if (typeof value === "number" && !Number.isFinite(value)) throw new TypeError(`"${key}" is ${value}, which JSON cannot say`);
  if (typeof value === "bigint") throw new TypeError(`"${key}" is a BigInt, which JSON cannot say; use Number(...)`);
  return value;
};

const sizes = new DataView(readExactly(8).buffer);
const code = new TextDecoder().decode(readExactly(sizes.getUint32(0)));
const inputs = JSON.parse(new TextDecoder().decode(readExactly(sizes.getUint32(4))));

for (const name of Object.keys(console)) if (typeof console[name] === "function") console[name] = () => {};
for (const name of ["Worker", "close", "alert", "confirm", "prompt"]) delete globalThis[name];
if (builtin) {
  globalThis.require = (name) => {
    const found = builtin(name);
    if (!found) throw new Error(`Cannot find module "${name}": only the modules of Node itself are here`);
    return found;
  };
  Object.defineProperty(globalThis.process, "env", { value: {} });
  Object.defineProperty(globalThis, "Buffer", { configurable: true, get: () => builtin("buffer").Buffer });
}
globalThis.addEventListener("unhandledrejection", (event) => answer("E", described(event.reason)));
globalThis.addEventListener("error", (event) => answer("E", described(event.error)));

try {
  const main = (0, eval)(`${code}\n;typeof main === "undefined" ? undefined : main\n//# sourceURL=${NAME}`);
  if (typeof main !== "function") throw new TypeError("the code defines no function main");
  const result = await main(inputs);
  if (result === null || typeof result !== "object" || Array.isArray(result)) {
    throw new TypeError(`main must return an object, not ${result === null ? "null" : Array.isArray(result) ? "an array" : typeof result}`);
  }
  answer("R", JSON.stringify(result, checked));
} catch (error) {
  answer("E", described(error));
}

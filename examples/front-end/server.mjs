// The server between browsers and the API: it serves the page, holds the key, and gives every browser a user name of its own.

import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

if (existsSync(new URL(".env", import.meta.url))) process.loadEnvFile(new URL(".env", import.meta.url));
const { TREADLE_API_URL: API = "http://localhost:8700/v1", TREADLE_API_KEY: KEY, HOST = "127.0.0.1", PORT = "3000" } = process.env;
if (!KEY) {
  console.error("TREADLE_API_KEY is not set: copy .env.example to .env and put a key of your app there.");
  process.exit(1);
}

const PAGES = { "/": "index.html", "/app.js": "app.js", "/style.css": "style.css", "/icon.svg": "icon.svg" };
const TYPES = { html: "text/html", js: "text/javascript", css: "text/css", svg: "image/svg+xml" };
const SAFETY = {
  "Content-Security-Policy": "default-src 'self'",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "same-origin",
};
const CHAT = { run: "chat-messages", stop: "chat-messages" };
const PATHS = { completion: { run: "completion-messages", stop: "completion-messages" }, workflow: { run: "workflows/run", stop: "workflows/tasks" } };
const MOST_BYTES = { json: 1_000_000, file: 15_000_000 };

/** What browsers may ask for. Nothing else of the API is within their reach. */
const ROUTES = {
  "GET /api/app": async (call) => {
    const [info, parameters] = await Promise.all([read(call, "info"), read(call, "parameters")]);
    const { opening_statement, suggested_questions, user_input_form } = parameters;
    return { name: info.name, description: info.description, mode: info.mode, opening_statement, suggested_questions, user_input_form };
  },
  "POST /api/ask": async (call) => {
    const { query, inputs = {}, conversation_id } = await call.json();
    return send(call, (await paths(call)).run, { query, inputs, ...(conversation_id && { conversation_id }), response_mode: "streaming" });
  },
  "POST /api/stop": async (call) => {
    const { task_id } = await call.json();
    return send(call, `${(await paths(call)).stop}/${encodeURIComponent(task_id)}/stop`, {});
  },
  "POST /api/files": async (call) => {
    const form = new FormData();
    form.set("file", new File([await call.bytes(MOST_BYTES.file)], call.url.searchParams.get("name") ?? "file", { type: call.type }));
    form.set("user", call.user);
    return ask(call, "files/upload", { method: "POST", body: form });
  },
  "GET /api/conversations": (call) => read(call, "conversations", { limit: "50" }),
  "GET /api/messages": (call) => read(call, "messages", { conversation_id: call.url.searchParams.get("conversation_id") ?? "", limit: "50" }),
};

createServer(async (request, response) => {
  const url = new URL(request.url, "http://localhost");
  try {
    const route = ROUTES[`${request.method} ${url.pathname}`];
    if (route !== undefined) await answer(response, await route(callOf(request, response, url)));
    else if (request.method === "GET" && PAGES[url.pathname] !== undefined) await servePage(request, response, PAGES[url.pathname]);
    else response.writeHead(404).end();
  } catch (error) {
    if (response.headersSent) response.destroy();
    else fail(response, error);
  }
}).listen(Number(PORT), HOST, function () {
  console.log(`http://${HOST}:${this.address().port}`);
});

function callOf(request, response, url) {
  const left = new AbortController();
  response.on("close", () => left.abort());
  const bytes = (most) => bytesOf(request, most);
  return { url, user: visitorOf(request), type: request.headers["content-type"] ?? "", signal: left.signal, bytes, json: () => jsonOf(request) };
}

/** The name that this browser was given with the page; conversations belong to it. */
function visitorOf(request) {
  const visitor = /(?:^|;\s*)visitor=([\w-]{36})/.exec(request.headers.cookie ?? "")?.[1];
  if (visitor === undefined) throw new Refusal(401, "Open the page first: it gives you a name.");
  return visitor;
}

async function bytesOf(request, most) {
  const pieces = [];
  let size = 0;
  for await (const piece of request) {
    size += piece.length;
    if (size > most) throw new Refusal(413, `That is more than ${most / 1_000_000} MB.`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

async function jsonOf(request) {
  if (!request.headers["content-type"]?.startsWith("application/json")) throw new Refusal(415, "Send JSON.");
  try {
    return JSON.parse((await bytesOf(request, MOST_BYTES.json)).toString("utf8"));
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal(400, "That is no JSON.");
  }
}

/** Where apps of this kind are run and stopped. */
async function paths(call) {
  return PATHS[(await read(call, "info")).mode] ?? CHAT;
}

async function read(call, path, query = {}) {
  const response = await ask(call, `${path}?${new URLSearchParams({ ...query, user: call.user })}`, {});
  if (!response.ok) throw new Refusal(response.status, (await response.json().catch(() => ({}))).message ?? "The API refused.");
  return response.json();
}

function send(call, path, body) {
  return ask(call, path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ ...body, user: call.user }) });
}

async function ask(call, path, options) {
  try {
    return await fetch(`${API}/${path}`, { ...options, headers: { ...options.headers, Authorization: `Bearer ${KEY}` }, signal: call.signal });
  } catch (error) {
    if (call.signal.aborted) throw error;
    throw new Refusal(502, "The server that answers cannot be reached.");
  }
}

/** A stream goes on to the browser as it comes, anything else as JSON. */
async function answer(response, result) {
  if (!(result instanceof Response)) {
    response.writeHead(200, { ...SAFETY, "Content-Type": "application/json", "Cache-Control": "no-store" }).end(JSON.stringify(result));
    return;
  }
  response.writeHead(result.status, { ...SAFETY, "Content-Type": result.headers.get("content-type") ?? "application/json", "Cache-Control": "no-store" });
  if (result.body === null) response.end();
  else await pipeline(Readable.fromWeb(result.body), response);
}

async function servePage(request, response, name) {
  const headers = { ...SAFETY, "Content-Type": `${TYPES[name.split(".").at(-1)]}; charset=utf-8` };
  if (name === "index.html" && !/(?:^|;\s*)visitor=/.test(request.headers.cookie ?? ""))
    headers["Set-Cookie"] = `visitor=${randomUUID()}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Strict`;
  response.writeHead(200, headers).end(await readFile(new URL(`public/${name}`, import.meta.url)));
}

function fail(response, error) {
  const known = error instanceof Refusal;
  if (!known) console.error(error);
  const message = known ? error.message : "Something went wrong here.";
  response.writeHead(known ? error.status : 500, { "Content-Type": "application/json" }).end(JSON.stringify({ message }));
}

class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

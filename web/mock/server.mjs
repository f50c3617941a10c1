/**
 * A stand-in for the server while the pages are built: the web app API and the parts of the console API that the pages
 * read, with scripted answers. It also serves the built pages. `node mock/server.mjs [port]`, development only.
 */
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { appByCode, apps } from "./apps.mjs";
import { runDetail, runs } from "./runs.mjs";
import { agentScript, chatScript, completionScript, flowScript, workflowScript } from "./scripts.mjs";
import { findTask, startTask, stopTask, streamTask } from "./tasks.mjs";

const port = Number(process.argv[2] ?? 8799);
const built = fileURLToPath(new URL("../../src/treadle/server/static/", import.meta.url));
const state = { setUp: process.env.MOCK_SETUP === "done", account: null };
const conversations = new Map();
const messages = new Map();
const saved = [];
const uploads = new Map();

class Refusal extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

createServer((request, response) => {
  route(request, response).catch((error) => {
    const { status = 500, code = "unknown", message } = error;
    if (!response.headersSent) send(response, status, { code, message, status });
  });
}).listen(port, "127.0.0.1", () => console.log(`http://127.0.0.1:${port}`));

async function route(request, response) {
  const url = new URL(request.url, "http://mock");
  const path = url.pathname;
  if (path.startsWith("/console/api")) return consoleApi(request, response, url, path.slice("/console/api".length));
  if (path.startsWith("/api/")) return webAppApi(request, response, url, path.slice("/api".length));
  if (path.startsWith("/files/")) return void response.writeHead(200, { "Content-Type": "text/plain" }).end("A file of the mock.");
  return page(response, path);
}

function send(response, status, body) {
  response.writeHead(status, { "Content-Type": "application/json" }).end(body === undefined ? "" : JSON.stringify(body));
}

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function jsonOf(request) {
  const body = await bodyOf(request);
  return body.length === 0 ? {} : JSON.parse(body.toString());
}

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2", ".json": "application/json" };

/** As strict as the pages bear: whatever needs more shows in the browser's console. */
const POLICY = "default-src 'self'; style-src 'self' 'nonce-__TREADLE_NONCE__'; img-src * data: blob:; media-src * blob:; object-src 'none'; base-uri 'none'";

function page(response, path) {
  const file = join(built, normalize(path));
  const found = file.startsWith(built) && extname(file) !== "" && existsSync(file) ? file : join(built, "index.html");
  response
    .writeHead(200, { "Content-Type": TYPES[extname(found)] ?? "application/octet-stream", "Content-Security-Policy": POLICY })
    .end(readFileSync(found));
}

async function consoleApi(request, response, url, path) {
  const account = { id: "a1", name: "Ingrid Solheim", email: "ingrid@harbour.example" };
  if (path === "/setup" && request.method === "GET") return send(response, 200, { completed: state.setUp });
  if (path === "/setup" || path === "/signin") {
    const form = await jsonOf(request);
    if (path === "/signin" && form.password !== "harbour1") throw new Refusal(401, "email_or_password_mismatch", "");
    state.setUp = true;
    state.account = { ...account, ...(form.name && { name: form.name }), email: form.email };
    response.setHeader("Set-Cookie", "treadle_csrf=mock; Path=/");
    return send(response, 200, { result: "success" });
  }
  if (path === "/signout") {
    state.account = null;
    return send(response, 200, { result: "success" });
  }
  if (path === "/account") {
    if (state.account === null) throw new Refusal(401, "unauthorized", "Sign in first.");
    return send(response, 200, state.account);
  }
  if (path === "/apps") {
    const data = apps.map(({ code, mode, site }) => ({ id: `app-${code}`, name: site.title, mode, icon: site.icon, icon_background: site.icon_background, description: site.description, site_code: code, site_enabled: true, updated_at: Date.now() / 1000 }));
    return send(response, 200, { data });
  }
  if (state.account === null) throw new Refusal(401, "unauthorized", "Sign in first.");
  if (path === "/runs") {
    const wanted = (name) => url.searchParams.get(name) ?? "";
    const rows = runs.filter((run) => (!wanted("app_id") || run.app_id === wanted("app_id")) && (!wanted("status") || run.status === wanted("status")));
    const from = Number(wanted("cursor") || 0);
    const to = from + Number(wanted("limit") || 20);
    return send(response, 200, { data: rows.slice(from, to), next_cursor: to < rows.length ? String(to) : null });
  }
  const run = runs.find((entry) => `/runs/${entry.id}` === path);
  if (run === undefined) throw new Refusal(404, "not_found", "There is no such run.");
  return send(response, 200, runDetail(run));
}

async function webAppApi(request, response, url, path) {
  if (path === "/passport") {
    const app = appByCode(request.headers["x-app-code"]);
    if (app === undefined) throw new Refusal(404, "not_found", "No app has this code.");
    return send(response, 200, { access_token: `${app.code}.${randomUUID()}` });
  }
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
  const app = appByCode(token.split(".")[0]);
  if (app === undefined) throw new Refusal(401, "unauthorized", "The passport is not valid.");
  const [, first, second, third] = path.split("/");
  const { method } = request;

  if (path === "/site") return send(response, 200, { app_id: `app-${app.code}`, end_user_id: token, enable_site: true, site: app.site });
  if (path === "/parameters") return send(response, 200, app.parameters);
  if (path === "/files/upload") return upload(request, response);
  if (path === "/chat-messages") return chat(app, token, await jsonOf(request), response);
  if (path === "/completion-messages") return complete(await jsonOf(request), response);
  if (path === "/workflows/run") return streamTask(startTask(workflowScript((await jsonOf(request)).inputs), { workflow_run_id: randomUUID() }), response, 0, false);
  if (/\/stop$/.test(path)) {
    stopTask(path.split("/").at(-2));
    return send(response, 200, { result: "success" });
  }
  if (first === "tasks") {
    const task = findTask(second);
    if (task === null) throw new Refusal(404, "not_found", "The task is over.");
    return streamTask(task, response, Number(url.searchParams.get("after") ?? 0), true);
  }
  if (path === "/conversations") {
    const pinned = url.searchParams.get("pinned") === "true";
    const data = [...conversations.values()].filter((item) => item.owner === token && item.pinned === pinned).toReversed();
    return send(response, 200, { limit: 50, has_more: false, data });
  }
  if (first === "conversations") {
    const item = conversations.get(second);
    if (item === undefined) throw new Refusal(404, "not_found", "Conversation is unknown.");
    if (third === "pin" || third === "unpin") item.pinned = third === "pin";
    if (method === "DELETE") conversations.delete(second);
    if (third === "name") {
      const { name, auto_generate } = await jsonOf(request);
      item.name = auto_generate ? (messages.get(second)?.[0]?.query ?? "Chat").slice(0, 40) : name;
      return send(response, 200, item);
    }
    return send(response, method === "DELETE" ? 204 : 200, method === "DELETE" ? undefined : { result: "success" });
  }
  if (path === "/messages") {
    const list = messages.get(url.searchParams.get("conversation_id"));
    if (list === undefined) throw new Refusal(404, "not_found", "Conversation is unknown.");
    return send(response, 200, { limit: 40, has_more: false, data: list });
  }
  if (third === "suggested-questions") return send(response, 200, { data: ["And tomorrow?", "Do I need a pilot?", "Where can I moor for a night?"] });
  if (third === "more-like-this") return complete({ inputs: { product: "The same again" } }, response);
  if (third === "feedbacks") {
    await bodyOf(request);
    return send(response, 200, { result: "success" });
  }
  if (path === "/saved-messages" && method === "GET") return send(response, 200, { limit: 20, has_more: false, data: saved });
  if (path === "/saved-messages") {
    const { message_id: id } = await jsonOf(request);
    saved.unshift({ id, inputs: {}, query: "", answer: completed.get(id) ?? "", created_at: Date.now() / 1000 });
    return send(response, 200, { result: "success" });
  }
  if (first === "saved-messages") {
    saved.splice(saved.findIndex((item) => item.id === second), 1);
    return send(response, 200, { result: "success" });
  }
  throw new Refusal(404, "not_found", `The mock has no ${method} ${path}.`);
}

async function upload(request, response) {
  const body = await bodyOf(request);
  const name = /filename="([^"]*)"/.exec(body.toString("latin1"))?.[1] ?? "file";
  const id = randomUUID();
  uploads.set(id, name);
  return send(response, 201, { id, name, size: body.length, extension: name.split(".").pop(), mime_type: null });
}

const completed = new Map();

function complete({ inputs }, response) {
  const id = randomUUID();
  completed.set(id, "");
  const onEvent = (event) => {
    if (event.event === "message") completed.set(id, completed.get(id) + event.answer);
  };
  return streamTask(startTask(completionScript(inputs), { message_id: id }, onEvent), response, 0, false);
}

function chat(app, owner, body, response) {
  const id = body.conversation_id || randomUUID();
  if (body.query.includes("429")) throw new Refusal(429, "too_many_requests", "");
  const now = Date.now() / 1000;
  const conversation = conversations.get(id) ?? { id, owner, pinned: false, name: "", inputs: body.inputs, introduction: "", created_at: now };
  conversations.delete(id);
  conversations.set(id, { ...conversation, updated_at: now });
  const message = {
    id: randomUUID(),
    conversation_id: id,
    parent_message_id: body.parent_message_id ?? null,
    inputs: conversation.inputs,
    query: body.query,
    answer: "",
    status: "running",
    error: null,
    task_id: null,
    message_files: (body.files ?? []).map((file) => ({ id: randomUUID(), type: file.type, belongs_to: "user", url: file.url ?? "/files/upload", filename: uploads.get(file.upload_file_id) ?? "link", size: 2048 })),
    feedback: null,
    retriever_resources: [],
    agent_thoughts: [],
    created_at: now,
  };
  messages.set(id, [...(messages.get(id) ?? []), message]);
  const script = app.mode === "advanced-chat" ? flowScript(body.query, conversation.inputs) : app.mode === "agent-chat" ? agentScript() : chatScript(body.query);
  const task = startTask(script, { conversation_id: id, message_id: message.id, created_at: Math.floor(now) }, (event) => record(message, event));
  message.task_id = task.id;
  streamTask(task, response, 0, false);
}

function record(message, event) {
  if (event.event === "message" || event.event === "agent_message") message.answer += event.answer;
  if (event.event === "agent_thought") message.agent_thoughts = [...message.agent_thoughts.filter((thought) => thought.id !== event.id), event];
  if (event.event === "message_end") Object.assign(message, { status: "normal", task_id: null, retriever_resources: event.metadata?.retriever_resources ?? [] });
  if (event.event === "error") Object.assign(message, { status: "error", error: event.message, task_id: null });
}

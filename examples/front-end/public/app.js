// The page: a conversation with a chat, or the form and the result of a text generator or workflow.

const main = document.querySelector("main");
const form = document.querySelector("form");
const thread = document.querySelector("#thread");
const inputs = document.querySelector("#inputs");
const stop = document.querySelector("#stop");
const question = form.elements.query;
const submit = form.querySelector("[type=submit]");

const app = await read("/api/app");
const chats = app.mode !== "completion" && app.mode !== "workflow";
const fields = app.user_input_form.map((entry) => ({ type: Object.keys(entry)[0], ...Object.values(entry)[0] }));
let conversation = "";
let task = "";

document.title = app.name;
main.querySelector("h1").textContent = app.name;
document.querySelector("#description").textContent = app.description;
inputs.append(...fields.map(field));
question.hidden = !chats;
submit.textContent = chats ? "Send" : "Run";
document.querySelector("aside").hidden = !chats;
if (chats) {
  document.querySelector("#new").onclick = () => open("");
  question.onkeydown = (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  };
}

form.onsubmit = async (event) => {
  event.preventDefault();
  const query = question.value.trim();
  if (task !== "" || submit.hidden || (chats && query === "")) return;
  if (chats) {
    say("question", query);
    question.value = "";
  } else thread.replaceChildren();
  busy(true);
  try {
    await answer(query, say("answer", ""));
    if (chats) await list();
  } finally {
    busy(false);
  }
};

stop.onclick = async () => {
  if (task !== "") await (await send("/api/stop", { task_id: task })).json();
};

form.inert = false;
if (chats) await open("");

/** Asks, and writes what comes into `place` as it comes. */
async function answer(query, place) {
  const began = conversation === "" && chats;
  try {
    const body = { query, inputs: await values(), conversation_id: conversation };
    for await (const event of events(await send("/api/ask", body))) {
      task = event.task_id ?? task;
      if (chats) conversation = event.conversation_id ?? conversation;
      if (event.event === "message" || event.event === "agent_message") place.textContent += event.answer;
      else if (event.event === "message_replace") place.textContent = event.answer;
      else if (event.event === "workflow_finished" && !chats) place.textContent = textOf(event.data);
      else if (event.event === "error") throw new Error(event.message);
      if (event.event === "workflow_finished" && event.data.status === "failed") throw new Error(event.data.error);
    }
    if (began) inputs.hidden = true;
  } catch (error) {
    place.after(paragraph("error", error.message));
  }
  task = "";
}

/** The result of a workflow: the text of its only output, or all of them. */
function textOf({ outputs }) {
  const found = Object.values(outputs ?? {});
  return found.length === 1 && typeof found[0] === "string" ? found[0] : JSON.stringify(outputs ?? {}, null, 2);
}

/** Shows a conversation; without an id a new one. */
async function open(id) {
  conversation = id;
  inputs.hidden = id !== "";
  thread.replaceChildren();
  if (id === "") {
    if (app.opening_statement) say("answer", app.opening_statement);
  } else {
    const { data } = await read(`/api/messages?conversation_id=${id}`);
    if (conversation !== id) return;
    for (const message of data) {
      say("question", message.query);
      say("answer", message.answer);
    }
  }
  await list();
}

async function list() {
  const { data } = await read("/api/conversations");
  document.querySelector("nav").replaceChildren(
    ...data.map(({ id, name }) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = name;
      button.onclick = () => open(id);
      if (id === conversation) button.setAttribute("aria-current", "true");
      return button;
    }),
  );
}

/** The control of an input. */
function field({ type, variable, label, required, options, max_length, allowed_file_types, default: preset }) {
  const control = document.createElement(type === "paragraph" ? "textarea" : type === "select" ? "select" : "input");
  if (type === "number") Object.assign(control, { type: "number", step: "any" });
  if (type === "checkbox") Object.assign(control, { type: "checkbox", checked: preset === true });
  if (isFile(type)) Object.assign(control, { type: "file", multiple: type === "file-list" });
  if (type === "select") control.append(new Option("", ""), ...(options ?? []).map((option) => new Option(option, option)));
  if (max_length && (type === "text-input" || type === "paragraph")) control.maxLength = max_length;
  if (type !== "checkbox") control.required = required === true;
  if (type !== "checkbox" && !isFile(type)) control.value = preset ?? "";
  control.name = variable;
  control.dataset.type = type;
  control.dataset.kinds = (allowed_file_types ?? []).join(" ");
  const around = document.createElement("label");
  around.append(label || variable, control);
  return around;
}

async function values() {
  const entries = await Promise.all([...inputs.querySelectorAll("[name]")].map(async (control) => [control.name, await valueOf(control)]));
  return Object.fromEntries(entries.filter(([, value]) => value !== null && value !== ""));
}

async function valueOf(control) {
  const { type, kinds } = control.dataset;
  if (type === "checkbox") return control.checked;
  if (type === "number") return control.value === "" ? null : Number(control.value);
  if (!isFile(type)) return control.value;
  const files = await Promise.all([...control.files].map((file) => upload(file, kinds.split(" "))));
  return type === "file-list" ? files : (files[0] ?? null);
}

/** What an app takes for a file, once the file is at the server. */
async function upload(file, kinds) {
  const response = await fetch(`/api/files?${new URLSearchParams({ name: file.name })}`, { method: "POST", headers: { "Content-Type": file.type || "application/octet-stream" }, body: file });
  const { id, message } = await response.json();
  if (!response.ok) throw new Error(message);
  const kind = ["image", "audio", "video"].find((each) => file.type.startsWith(`${each}/`)) ?? "document";
  return { type: kinds.includes(kind) ? kind : "custom", transfer_method: "local_file", upload_file_id: id };
}

function isFile(type) {
  return type === "file" || type === "file-list";
}

function busy(on) {
  submit.hidden = on;
  stop.hidden = !on;
  thread.setAttribute("aria-busy", String(on));
}

function say(kind, text) {
  const place = paragraph(kind, text);
  thread.append(place);
  place.scrollIntoView({ block: "nearest" });
  return place;
}

function paragraph(kind, text) {
  const place = document.createElement("p");
  place.className = kind;
  place.textContent = text;
  return place;
}

async function read(path) {
  const response = await fetch(path);
  const body = await response.json();
  if (response.ok) return body;
  thread.append(paragraph("error", body.message));
  throw new Error(body.message);
}

async function send(path, body) {
  const response = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  if (!response.ok) throw new Error((await response.json()).message);
  return response;
}

/** The events of a stream: lines `data: {…}`, a blank line after each. */
async function* events(response) {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const piece of response.body) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = lines.pop();
    for (const line of lines) if (line.startsWith("data: ")) yield JSON.parse(line.slice("data: ".length));
  }
}

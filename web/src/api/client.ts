import createClient, { type Middleware } from "openapi-fetch";
import { ApiError, errorOf, fetchOk } from "./http";
import type { JsonObject } from "./json";
import type { components, paths } from "./schema";

/** The shapes that the console API describes, by name: `Schemas["AppEntry"]`. */
export type Schemas = components["schemas"];

const BASE = "/console/api";
const CSRF_COOKIE = "treadle_csrf";

/** The token of the session's cookie; every write carries it. Empty when nobody is signed in. */
export function csrfToken(): string {
  const pair = document.cookie.split("; ").find((cookie) => cookie.startsWith(`${CSRF_COOKIE}=`));
  return pair === undefined ? "" : decodeURIComponent(pair.slice(CSRF_COOKIE.length + 1));
}

/** False when there is certainly no session, so that nobody needs to ask the server for a 401. */
export function maybeSignedIn(): boolean {
  return csrfToken() !== "";
}

let onSignedOut: () => void = () => undefined;

/** What to do when an answer says that the session has ended. */
export function whenSignedOut(action: () => void): void {
  onSignedOut = action;
}

function noteSignedOut(path: string, status: number): void {
  if (status === 401 && path !== `${BASE}/signin` && path !== `${BASE}/account`) onSignedOut();
}

const guard: Middleware = {
  onRequest({ request }) {
    if (request.method !== "GET" && request.method !== "HEAD") request.headers.set("X-CSRF-Token", csrfToken());
  },
  async onResponse({ request, response }) {
    if (response.ok) return;
    noteSignedOut(new URL(request.url).pathname, response.status);
    throw await errorOf(response);
  },
  onError({ request, error }) {
    if (!request.signal.aborted && !(error instanceof ApiError)) return new ApiError(0, "network", "");
  },
};

/**
 * The console's API, typed by its own description. A call that fails throws an ApiError; `call` takes the data out of one
 * that does not:
 *
 *     const app = await call(api.GET("/apps/{app_id}", { params: { path: { app_id: id } } }));
 */
export const api = createClient<paths>({
  baseUrl: `${window.location.origin}${BASE}`,
  credentials: "same-origin",
  fetch: (request) => fetch(request),
});
api.use(guard);

type DataOf<Answer> = Answer extends { data: infer Data; error?: never } ? Data : never;

/** What an answer carries. Raises ApiError. Fits TanStack Query: `queryFn: ({ signal }) => call(api.GET("/apps", { signal }))`. */
export async function call<Answer extends { data?: unknown; response: Response }>(answer: Promise<Answer>): Promise<DataOf<Answer>> {
  const { data } = await answer;
  return data as DataOf<Answer>;
}

/** Begins an event stream: the answer's body is read with `readEvents`. A body makes it a POST. Raises ApiError. */
export async function openStream(path: string, body: JsonObject | null, signal: AbortSignal): Promise<Response> {
  const init: RequestInit = { signal, credentials: "same-origin" };
  if (body !== null) {
    init.method = "POST";
    init.headers = { "Content-Type": "application/json", "X-CSRF-Token": csrfToken() };
    init.body = JSON.stringify(body);
  }
  try {
    return await fetchOk(BASE + path, init);
  } catch (error) {
    if (error instanceof ApiError) noteSignedOut(BASE + path, error.status);
    throw error;
  }
}

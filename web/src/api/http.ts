import { isJsonObject, parseJson } from "./json";

/** An answer of the server that is not a success, or no answer at all (`status` 0, code `network`). */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** The argument at fault, when there is one. */
    readonly param?: string,
  ) {
    super(message);
  }
}

export function isApiError(error: unknown, status?: number): error is ApiError {
  return error instanceof ApiError && (status === undefined || error.status === status);
}

/** Turns an error answer into an ApiError, whatever its body is (spec: service API §1.5). */
export async function errorOf(response: Response): Promise<ApiError> {
  return errorFrom(response.status, await response.text().catch(() => ""));
}

export function errorFrom(status: number, text: string): ApiError {
  const body = parseJson(text);
  if (!isJsonObject(body)) return new ApiError(status, "unknown", "");
  const { code, message, params } = body;
  return new ApiError(
    status,
    typeof code === "string" ? code : "unknown",
    typeof message === "string" ? message : "",
    typeof params === "string" ? params : undefined,
  );
}

/** `fetch` whose failures are all ApiErrors, except a deliberate abort. */
export async function fetchOk(url: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ApiError(0, "network", "");
  }
  if (!response.ok) throw await errorOf(response);
  return response;
}

/** The JSON of an answer; `undefined` for an empty one (204). */
export async function jsonOf<T>(response: Response): Promise<T> {
  const text = await response.text();
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

export type Query = Record<string, string | number | boolean | undefined>;

/** A path with its query; undefined values are left out. */
export function withQuery(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) search.set(name, String(value));
  }
  const text = search.toString();
  return text === "" ? path : `${path}?${text}`;
}

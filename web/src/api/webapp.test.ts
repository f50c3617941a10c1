import { beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "./http";
import { WebAppClient } from "./webapp";

const answer = (status: number, body: unknown) => new Response(JSON.stringify(body), { status });

function serve(routes: (path: string, headers: Headers) => Response) {
  const fetched = vi.fn((path: string, init: RequestInit) => Promise.resolve(routes(path, new Headers(init.headers))));
  vi.stubGlobal("fetch", fetched);
  return fetched;
}

describe("WebAppClient", () => {
  beforeEach(() => localStorage.clear());

  it("fetches one passport for concurrent requests and keeps it", async () => {
    const fetched = serve((path) => answer(200, path === "/api/passport" ? { access_token: "p1" } : { path }));
    const client = new WebAppClient("code");
    await Promise.all([client.site(), client.parameters()]);
    expect(fetched.mock.calls.filter(([path]) => path === "/api/passport")).toHaveLength(1);
    expect(localStorage.getItem("treadle.passport.code")).toBe("p1");
  });

  it("takes a new passport when the stored one is refused, and repeats the request once", async () => {
    localStorage.setItem("treadle.passport.code", "old");
    const fetched = serve((path, headers) => {
      if (path === "/api/passport") return answer(200, { access_token: "new" });
      return headers.get("Authorization") === "Bearer new" ? answer(200, { ok: true }) : answer(401, { code: "unauthorized", message: "", status: 401 });
    });
    expect(await new WebAppClient("code").parameters()).toEqual({ ok: true });
    expect(fetched.mock.calls.map(([path]) => path)).toEqual(["/api/parameters", "/api/passport", "/api/parameters"]);
  });

  it("says what the server said", async () => {
    serve(() => answer(400, { code: "invalid_param", message: "city is too long", params: "city" }));
    await expect(new WebAppClient("code").site()).rejects.toEqual(new ApiError(400, "invalid_param", "city is too long", "city"));
  });

  it("calls a server that cannot be reached a network error", async () => {
    vi.stubGlobal("fetch", vi.fn(() => Promise.reject(new TypeError("Failed to fetch"))));
    await expect(new WebAppClient("code").site()).rejects.toMatchObject({ status: 0, code: "network" });
  });
});

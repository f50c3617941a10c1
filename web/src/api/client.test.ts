import { afterEach, describe, expect, it, vi } from "vitest";
import { api, call, whenSignedOut } from "./client";

function answerWith(status: number, body: unknown): ReturnType<typeof vi.fn> {
  const answer = vi.fn<(request: Request) => Promise<Response>>(() =>
    Promise.resolve(new Response(body === null ? null : JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } })),
  );
  vi.stubGlobal("fetch", answer);
  return answer;
}

describe("the console's client", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    whenSignedOut(() => undefined);
    document.cookie = "treadle_csrf=; max-age=0";
  });

  it("gives the data of an answer", async () => {
    answerWith(200, { completed: true });
    const { completed } = await call(api.GET("/setup"));
    expect(completed).toBe(true);
  });

  it("sends the token of the session's cookie with writes only", async () => {
    document.cookie = "treadle_csrf=a%2Bb";
    const asked = answerWith(200, {});
    await call(api.POST("/signout"));
    await call(api.GET("/setup"));
    const tokens = asked.mock.calls.map(([request]) => (request as Request).headers.get("X-CSRF-Token"));
    expect(tokens).toEqual(["a+b", null]);
  });

  it("throws the server's refusal", async () => {
    answerWith(404, { code: "app_not_found", message: "There is no such app.", status: 404 });
    await expect(call(api.GET("/apps/{app_id}", { params: { path: { app_id: "x" } } }))).rejects.toMatchObject({
      code: "app_not_found",
      message: "There is no such app.",
      status: 404,
    });
  });

  it("says when the session has ended, but not when a password was wrong", async () => {
    const ended = vi.fn();
    whenSignedOut(ended);
    answerWith(401, { code: "unauthorized", message: "Sign in first.", status: 401 });
    await expect(call(api.POST("/signin", { body: { email: "a@b.c", password: "x" } }))).rejects.toThrow();
    expect(ended).not.toHaveBeenCalled();
    await expect(call(api.GET("/apps"))).rejects.toThrow("Sign in first.");
    expect(ended).toHaveBeenCalledOnce();
  });

  it("calls a server that cannot be reached by its own code", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("failed")));
    await expect(call(api.GET("/setup"))).rejects.toMatchObject({ code: "network", status: 0 });
  });
});

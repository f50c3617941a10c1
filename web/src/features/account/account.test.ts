import { describe, expect, it } from "vitest";
import { emailProblem, nameProblem, newPasswordProblem } from "./rules";
import { safeReturn } from "./session";

describe("account rules", () => {
  it.each([
    ["", "emailRequired"],
    ["kari", "emailInvalid"],
    ["kari@harbour", "emailInvalid"],
    [" kari@harbour.example ", null],
    ["admin@localhost", null],
  ])("judges the address %j", (email, problem) => {
    expect(emailProblem(email)).toBe(problem);
  });

  it.each([
    ["", "passwordRequired"],
    ["harbour", "passwordWeak"],
    ["harbours", "passwordWeak"],
    ["12345678", "passwordWeak"],
    ["harbour1", null],
  ])("judges the password %j", (password, problem) => {
    expect(newPasswordProblem(password)).toBe(problem);
  });

  it("takes names up to thirty characters", () => {
    expect([nameProblem(" "), nameProblem("a".repeat(30)), nameProblem("a".repeat(31))]).toEqual(["nameRequired", null, "nameTooLong"]);
  });
});

describe("safeReturn", () => {
  it.each([
    ["/logs?status=failed", "/logs?status=failed"],
    ["//evil.example", "/"],
    ["/\\evil.example", "/"],
    ["https://evil.example", "/"],
    [undefined, "/"],
  ])("returns from %s to %s", (path, to) => {
    expect(safeReturn(path)).toBe(to);
  });
});

import { describe, expect, it } from "vitest";
import type { Run, RunPreview } from "@/api/console";
import { previewOf } from "./preview";

const of = (preview: RunPreview | null) => previewOf({ preview } as Run);

describe("previewOf", () => {
  it("gives the first lines of question and answer", () => {
    expect(of({ query: "Rain?\nToday", answer: "Light.\n\nYes." })).toEqual({ asked: "Rain?", answered: "Light." });
  });

  it("writes inputs and outputs without system values and empty ones, JSON text or not", () => {
    const inputs = { city: "Bergen", plan: "", days: 3, "sys.user_id": "u" };
    const expected = { asked: "city: Bergen · days: 3", answered: "wet" };
    expect(of({ inputs, outputs: { report: "wet" } })).toEqual(expected);
    expect(of({ inputs: JSON.stringify(inputs), outputs: '{"report":"wet"}' })).toEqual(expected);
  });

  it("shows cut JSON as it is, and nothing for nothing", () => {
    expect(of({ inputs: '{"city": "Ber' }).asked).toBe('{"city": "Ber');
    expect(of(null)).toEqual({ asked: "", answered: "" });
  });
});

import { describe, expect, it } from "vitest";
import { clockMoment, clockText, commonValue, operationsOf } from "./values";

const FIELDS = [
  { id: "a", name: "author", type: "string" },
  { id: "y", name: "year", type: "number" },
];
const with_ = (id: string, values: Record<string, string | number | null>) => ({
  id,
  doc_metadata: FIELDS.flatMap((field) => (field.id in values ? [{ ...field, value: values[field.id] ?? null }] : [])),
});

describe("the metadata of chosen documents", () => {
  it("is what they all have, or several", () => {
    const documents = [with_("1", { a: "Ada", y: 1843 }), with_("2", { a: "Ada" })];
    expect(commonValue(documents, "a")).toEqual({ same: true, value: "Ada" });
    expect(commonValue(documents, "y")).toEqual({ same: false });
    expect(commonValue([with_("3", {})], "y")).toEqual({ same: true, value: null });
  });

  it("is changed where something was changed, and emptied where a field was emptied", () => {
    const changed = new Map([["y", null]]);
    expect(operationsOf([with_("1", { a: "Ada" }), with_("2", {})], FIELDS, changed)).toEqual([
      { document_id: "1", metadata_list: [{ id: "y", name: "year", value: null }], partial_update: true },
      { document_id: "2", metadata_list: [{ id: "y", name: "year", value: null }], partial_update: true },
    ]);
  });
});

describe("a time of the clock", () => {
  it.each([
    ["2026-03-28T12:00", "Europe/Berlin", "2026-03-28T11:00:00Z"],
    ["2026-03-30T12:00", "Europe/Berlin", "2026-03-30T10:00:00Z"],
    ["2026-03-29T03:30", "Europe/Berlin", "2026-03-29T01:30:00Z"],
    ["2026-01-01T00:15", "Asia/Kathmandu", "2025-12-31T18:30:00Z"],
  ])("%s in %s is %s", (text, zone, moment) => {
    const epoch = Date.parse(moment) / 1000;
    expect(clockMoment(text, zone)).toBe(epoch);
    expect(clockText(epoch, zone)).toBe(text);
  });

  it("is none when nothing was typed", () => expect(clockMoment("", "UTC")).toBeNull());
});

import type { Schemas } from "@/api/client";

/** Text, a number, or seconds since the epoch; null is none. */
export type Value = Schemas["FieldValue"]["value"];
type Carrier = Pick<Schemas["DocumentShown"], "id" | "doc_metadata">;
type Field = Pick<Schemas["FieldShown"], "id" | "name">;

/** What all documents have of a field, or that they differ. */
export type Common = { same: true; value: Value } | { same: false };

export function commonValue(documents: readonly Carrier[], fieldId: string): Common {
  const values = new Set(documents.map((document) => document.doc_metadata.find((each) => each.id === fieldId)?.value ?? null));
  const [first = null] = values;
  return values.size > 1 ? { same: false } : { same: true, value: first };
}

/** The changed fields of each document; what else they have stays. */
export function operationsOf(documents: readonly Carrier[], fields: readonly Field[], changed: ReadonlyMap<string, Value>): Schemas["DocumentMetadata"][] {
  const metadata_list = fields.flatMap(({ id, name }) => {
    const value = changed.get(id);
    return value === undefined ? [] : [{ id, name, value }];
  });
  return documents.map((document) => ({ document_id: document.id, metadata_list, partial_update: true }));
}

/** A moment as a field for date and time takes it, in a zone. */
export function clockText(epochSeconds: number, timeZone: string | undefined): string {
  const format = new Intl.DateTimeFormat("en-CA", { timeZone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" });
  const parts = Object.fromEntries(format.formatToParts(epochSeconds * 1000).map(({ type, value }) => [type, value]));
  return `${(parts.year ?? "").padStart(4, "0")}-${parts.month ?? ""}-${parts.day ?? ""}T${parts.hour ?? ""}:${parts.minute ?? ""}`;
}

/** The moment when the clocks of a zone show `text`; null when it is no time. */
export function clockMoment(text: string, timeZone: string | undefined): number | null {
  const wanted = Date.parse(`${text}Z`) / 1000;
  if (Number.isNaN(wanted)) return null;
  const shownAt = (epoch: number) => Date.parse(`${clockText(epoch, timeZone)}Z`) / 1000;
  const near = wanted - (shownAt(wanted) - wanted);
  return near - (shownAt(near) - wanted);
}

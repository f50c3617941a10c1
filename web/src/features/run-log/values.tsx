import type { JsonValue } from "@/api/json";
import { JsonView } from "@/ui/json-view";

/** A titled JSON value; a dash for none. */
export function Values({ title, value }: { title: string; value: JsonValue }) {
  return (
    <section className="min-w-0">
      <h3 className="mb-1 text-12 font-medium text-muted">{title}</h3>
      {value === null ? <p className="text-muted">–</p> : <JsonView value={value} />}
    </section>
  );
}

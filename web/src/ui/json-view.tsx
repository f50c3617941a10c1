import { ChevronRight } from "lucide-react";
import { useState } from "react";
import { isJsonObject, type JsonValue } from "@/api/json";
import { CopyButton } from "./copy-button";

/** A JSON value as a tree that folds. Long strings are cut until opened. */
export function JsonView({ value, open = 2 }: { value: JsonValue; open?: number }) {
  return (
    <div className="group relative overflow-x-auto rounded-control border border-line bg-surface p-2 pr-9 font-mono text-12">
      <div className="absolute top-1 right-1">
        <CopyButton text={() => (typeof value === "string" ? value : JSON.stringify(value, null, 2))} />
      </div>
      <Node value={value} depth={open} />
    </div>
  );
}

function Node({ name, value, depth }: { name?: string; value: JsonValue; depth: number }) {
  const [isOpen, setOpen] = useState(depth > 0);
  const entries = Array.isArray(value)
    ? value.map((item, index): [string, JsonValue] => [String(index), item])
    : isJsonObject(value)
      ? Object.entries(value)
      : null;
  const label = name === undefined ? null : <span className="whitespace-pre text-muted">{name}: </span>;
  if (entries === null || entries.length === 0) {
    return (
      <div className="pl-4 leading-5">
        {label}
        <Scalar value={value} />
      </div>
    );
  }
  return (
    <div>
      <button
        type="button"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
        className="flex items-center rounded-sm leading-5 hover:bg-sunken"
      >
        <ChevronRight size={12} className={`mr-1 shrink-0 text-muted transition-transform ${isOpen ? "rotate-90" : ""}`} />
        {label}
        <span className="text-muted">{Array.isArray(value) ? `[${entries.length}]` : `{${entries.length}}`}</span>
      </button>
      {isOpen && (
        <div className="ml-1.5 border-l border-line pl-1.5">
          {entries.map(([key, item]) => (
            <Node key={key} name={key} value={item} depth={depth - 1} />
          ))}
        </div>
      )}
    </div>
  );
}

const SHORT = 600;

function Scalar({ value }: { value: JsonValue }) {
  const [whole, setWhole] = useState(false);
  if (typeof value === "string") {
    const cut = !whole && value.length > SHORT;
    return (
      <span className="text-ok">
        <span className="break-words whitespace-pre-wrap">“{cut ? value.slice(0, SHORT) : value}”</span>
        {cut && (
          <button type="button" className="ml-1 text-accent hover:underline" onClick={() => setWhole(true)}>
            … {value.length - SHORT}
          </button>
        )}
      </span>
    );
  }
  if (typeof value === "object") return <span className="text-muted">{value === null ? "null" : Array.isArray(value) ? "[]" : "{}"}</span>;
  return <span className={typeof value === "number" ? "tabular text-warn" : "text-accent"}>{String(value)}</span>;
}

import clsx from "clsx";
import { Search } from "lucide-react";
import { useId, useRef, useState, type KeyboardEvent, type ReactNode } from "react";

export interface Pick {
  id: string;
  label: string;
  group: string;
  /** Also searched. */
  help?: string;
  icon?: ReactNode;
  aside?: ReactNode;
}

interface PickListProps {
  items: readonly Pick[];
  label: string;
  placeholder: string;
  empty: ReactNode;
  onPick: (id: string, byKeyboard: boolean) => void;
  onClose: () => void;
}

/** A searched list: type to narrow it, arrows move, Enter chooses, Esc closes. */
export function PickList({ items, label, placeholder, empty, onPick, onClose }: PickListProps) {
  const id = useId();
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const found = items.filter((item) => matches(item, query));
  const active = found[Math.min(at, found.length - 1)];
  const move = (to: number) => {
    const next = (to + found.length) % Math.max(found.length, 1);
    setAt(next);
    list.current?.querySelectorAll("[role=option]")[next]?.scrollIntoView({ block: "nearest" });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Record<string, () => void> = {
      ArrowDown: () => move(at + 1),
      ArrowUp: () => move(at - 1),
      Home: () => move(0),
      End: () => move(found.length - 1),
      Escape: onClose,
      Enter: () => active !== undefined && onPick(active.id, true),
    };
    const step = event.nativeEvent.isComposing ? undefined : steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    step();
  };
  return (
    <>
      <label className="flex h-9 items-center gap-2 border-b border-line px-3 text-muted">
        <Search size={14} strokeWidth={1.5} aria-hidden />
        <input
          autoFocus
          role="combobox"
          aria-expanded
          aria-controls={id}
          aria-activedescendant={active === undefined ? undefined : `${id}-${active.id}`}
          aria-label={placeholder}
          placeholder={placeholder}
          className="min-w-0 flex-1 bg-transparent text-text outline-none"
          value={query}
          onChange={(event) => {
            setQuery(event.target.value);
            setAt(0);
          }}
          onKeyDown={onKeyDown}
        />
      </label>
      <div ref={list} id={id} role="listbox" aria-label={label} tabIndex={-1} className="max-h-80 min-h-0 flex-1 overflow-y-auto p-1">
        {found.length === 0 && <div className="p-4 text-center text-muted">{empty}</div>}
        {found.map((item, index) => (
          <div key={item.id} role="presentation">
            {item.group !== found[index - 1]?.group && <div className="px-2 pt-2 pb-1 text-12 text-muted">{item.group}</div>}
            <div
              id={`${id}-${item.id}`}
              role="option"
              aria-selected={item === active}
              title={item.help}
              className={clsx("flex min-h-8 cursor-pointer items-center gap-2 rounded-control px-2 py-1", item === active && "bg-sunken")}
              onPointerMove={() => setAt(index)}
              onClick={() => onPick(item.id, false)}
            >
              {item.icon}
              <span className="min-w-0 flex-1 truncate">{item.label}</span>
              {item.aside !== undefined && <span className="shrink-0 text-12 text-muted">{item.aside}</span>}
            </div>
          </div>
        ))}
      </div>
      {active?.help !== undefined && active.help !== "" && <p className="line-clamp-2 border-t border-line px-3 py-2 text-12 text-muted">{active.help}</p>}
    </>
  );
}

function matches(item: Pick, query: string): boolean {
  const text = `${item.label} ${item.group} ${item.help ?? ""} ${item.id}`.toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

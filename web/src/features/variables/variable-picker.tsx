import clsx from "clsx";
import { Search } from "lucide-react";
import { useId, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import type { Selector } from "@/features/workflow/graph/types";
import { NodeIcon } from "@/ui/node-icon";
import { groupTitle } from "./group-title";
import { choicesOf, type Choice, type VariableScope } from "./scope";
import type { ValueType } from "./types";

interface VariablePickerProps {
  scope: VariableScope;
  accepted?: readonly ValueType[] | undefined;
  chosen?: Selector | undefined;
  onChoose: (selector: Selector, type: ValueType) => void;
}

/** A list to search: arrows move, Enter chooses. Types that do not fit are left out. */
export function VariablePicker({ scope, accepted, chosen, onChoose }: VariablePickerProps) {
  const { t } = useTranslation();
  const id = useId();
  const [search, setSearch] = useState("");
  const [at, setAt] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const groups = useMemo(() => choicesOf(scope, accepted, search), [scope, accepted, search]);
  const selectable = groups.flatMap((group) => group.choices).filter((choice) => choice.selectable);
  const current = selectable[Math.min(at, selectable.length - 1)];

  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };
    const step = steps[event.key];
    if (step !== undefined) {
      event.preventDefault();
      const next = Math.max(0, Math.min(at + step, selectable.length - 1));
      setAt(next);
      const key = selectable[next]?.selector.join(".");
      list.current?.querySelector(`[data-key="${CSS.escape(key ?? "")}"]`)?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter" && current !== undefined) {
      event.preventDefault();
      onChoose(current.selector, current.variable.type);
    }
  };

  return (
    <div className="flex min-h-0 flex-1 flex-col" onKeyDown={onKeyDown}>
      <label className="flex items-center gap-2 border-b border-line px-3">
        <Search size={14} strokeWidth={1.5} className="shrink-0 text-muted" />
        <input
          autoFocus
          role="combobox"
          aria-expanded
          aria-controls={`${id}-list`}
          aria-activedescendant={current === undefined ? undefined : `${id}-${current.selector.join(".")}`}
          aria-label={t("editors.variables.search")}
          placeholder={t("editors.variables.search")}
          value={search}
          onChange={(event) => {
            setSearch(event.target.value);
            setAt(0);
          }}
          className="h-9 w-full bg-transparent outline-none placeholder:text-muted"
        />
      </label>
      <div ref={list} id={`${id}-list`} role="listbox" aria-label={t("editors.variables.title")} className="min-h-0 flex-1 overflow-y-auto p-1">
        {groups.map((group) => (
          <div key={group.id} role="group" aria-label={groupTitle(t, group)}>
            <div className="flex items-center gap-1.5 px-2 pt-2 pb-1 text-12 text-muted">
              {group.nodeType !== null && <NodeIcon type={group.nodeType} />}
              <span className="truncate">{groupTitle(t, group)}</span>
            </div>
            {group.choices.map((choice) => (
              <Line
                key={choice.selector.join(".")}
                id={`${id}-${choice.selector.join(".")}`}
                choice={choice}
                current={choice === current}
                chosen={chosen?.join(".") === choice.selector.join(".")}
                onChoose={onChoose}
              />
            ))}
          </div>
        ))}
        {groups.length === 0 && (
          <p className="px-3 py-6 text-center text-muted">
            {search === "" ? t("editors.variables.none") : t("editors.variables.notFound", { search })}
          </p>
        )}
      </div>
    </div>
  );
}

interface LineProps {
  id: string;
  choice: Choice;
  current: boolean;
  chosen: boolean;
  onChoose: VariablePickerProps["onChoose"];
}

function Line({ id, choice: { selector, variable, depth, selectable }, current, chosen, onChoose }: LineProps) {
  return (
    <div
      id={id}
      role="option"
      aria-selected={chosen}
      aria-disabled={!selectable}
      data-key={selector.join(".")}
      onMouseDown={(event) => event.preventDefault()}
      onClick={() => {
        if (selectable) onChoose(selector, variable.type);
      }}
      title={variable.description}
      style={{ paddingInlineStart: 12 + depth * 14 }}
      className={clsx(
        "flex min-h-7 items-center gap-2 rounded-control pe-2 pointer-coarse:min-h-10",
        selectable ? "cursor-pointer hover:bg-sunken" : "text-muted",
        current && "bg-sunken",
        chosen && "text-accent",
      )}
    >
      <span className="min-w-0 truncate font-mono text-12">{variable.name}</span>
      {variable.description !== undefined && <span className="min-w-0 flex-1 truncate text-12 text-muted">{variable.description}</span>}
      <span className="ms-auto shrink-0 text-12 text-muted">{variable.type}</span>
    </div>
  );
}

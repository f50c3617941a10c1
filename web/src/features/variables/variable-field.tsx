import clsx from "clsx";
import { ChevronDown, CircleAlert, X } from "lucide-react";
import { useState } from "react";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { PopoverCard } from "@/features/editors/popover-card";
import type { Selector } from "@/features/workflow/graph/types";
import { NodeIcon } from "@/ui/node-icon";
import { groupTitle } from "./group-title";
import type { VariableScope } from "./scope";
import { useScope } from "./scope-context";
import { VariablePicker } from "./variable-picker";
import { accepts, type ValueType } from "./types";

interface VariableFieldProps {
  value: Selector | null | undefined;
  onChange: (selector: Selector, type: ValueType) => void;
  accepted?: readonly ValueType[] | undefined;
  label: string;
  /** Other variables than those of the form around it. */
  scope?: VariableScope | undefined;
  /** Offers to choose none again. */
  clearable?: boolean;
  disabled?: boolean;
  id?: string;
}

/** A box with the chosen variable; a click opens the list of those that fit. */
export function VariableField({ value, onChange, accepted, label, scope: given, clearable = false, disabled = false, id }: VariableFieldProps) {
  const { t } = useTranslation();
  const around = useScope();
  const scope = given ?? around;
  const [open, setOpen] = useState(false);
  const chosen = value !== null && value !== undefined && value.length > 0 ? value : undefined;
  return (
    <div className="flex min-w-0 flex-1 items-center gap-1">
      <PopoverCard
        open={open}
        onOpenChange={setOpen}
        label={label}
        trigger={
          <button
            type="button"
            id={id}
            disabled={disabled}
            aria-label={chosen === undefined ? label : `${label}: ${spoken(t, scope, chosen)}`}
            className="flex h-8 min-w-0 flex-1 items-center gap-1 rounded-control border border-line bg-raised px-2 text-start hover:border-line-strong disabled:opacity-60 pointer-coarse:h-10"
          >
            {chosen === undefined ? (
              <span className="min-w-0 flex-1 truncate text-muted">{t("editors.variables.choose")}</span>
            ) : (
              <VariableName selector={chosen} scope={scope} accepted={accepted} />
            )}
            <ChevronDown size={14} strokeWidth={1.5} className="ms-auto shrink-0 text-muted" />
          </button>
        }
      >
        <VariablePicker
          scope={scope}
          accepted={accepted}
          chosen={chosen}
          onChoose={(selector, type) => {
            setOpen(false);
            onChange(selector, type);
          }}
        />
      </PopoverCard>
      {clearable && chosen !== undefined && !disabled && (
        <button
          type="button"
          aria-label={t("editors.variables.clear", { label })}
          title={t("editors.variables.clear", { label })}
          onClick={() => onChange([], "any")}
          className="touch-target inline-flex size-7 shrink-0 items-center justify-center rounded-control text-muted hover:bg-sunken"
        >
          <X size={14} strokeWidth={1.5} />
        </button>
      )}
    </div>
  );
}

interface VariableNameProps {
  selector: Selector;
  scope: VariableScope;
  accepted?: readonly ValueType[] | undefined;
}

/** What the field shows of a variable, for those who hear it. */
function spoken(t: TFunction, scope: VariableScope, selector: Selector): string {
  const { nodeType, title, path, type } = scope.resolve(selector);
  return `${groupTitle(t, { id: selector[0] ?? "", title: nodeType === null ? null : title })} ${path} ${type}`;
}

/** Origin and path of a variable; madder, with the reason on hover, when it cannot be read here. */
export function VariableName({ selector, scope, accepted }: VariableNameProps) {
  const { t } = useTranslation();
  const found = scope.resolve(selector);
  const unfit = found.state === "ok" && !accepts(found.type, accepted);
  const problem =
    found.state === "missing"
      ? t("editors.variables.missing", { path: selector.join(".") })
      : found.state === "outside"
        ? t("editors.variables.outside", { path: selector.join(".") })
        : unfit
          ? t("editors.variables.unfit", { type: found.type })
          : null;
  return (
    <span
      title={problem ?? selector.join(".")}
      className={clsx("flex min-w-0 items-center gap-1.5", problem !== null && "text-danger")}
    >
      {problem !== null && <CircleAlert size={14} strokeWidth={1.5} className="shrink-0" aria-label={problem} />}
      {problem === null && found.nodeType !== null && <NodeIcon type={found.nodeType} />}
      <span className="max-w-[45%] shrink truncate text-muted">
        {groupTitle(t, { id: selector[0] ?? "", title: found.nodeType === null ? null : found.title })}
      </span>{" "}
      <span className="min-w-0 truncate font-mono text-12">{found.path}</span>{" "}
      {problem === null && <span className="hidden shrink-0 text-12 text-muted @sm:inline">{found.type}</span>}
    </span>
  );
}

import clsx from "clsx";
import { Command } from "cmdk";
import { Check, ChevronsUpDown, Plus, Search } from "lucide-react";
import { Popover as Radix } from "radix-ui";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { CONTROL, HEIGHT } from "./field";
import { FLOATING, useInDialog } from "./layer";
import { Spinner } from "./spinner";
import { useSearch } from "./use-search";

export interface ComboboxOption {
  value: string;
  label: string;
  icon?: ReactNode;
  /** A second line, smaller; it is searched as well. */
  hint?: string;
  /** Options of one group stand together below its name. */
  group?: string;
  disabled?: boolean;
}

interface SharedProps {
  /** For assistive technology, and above the search field. */
  label: string;
  /** All options; with `search`, those to show before anything is typed. */
  options: readonly ComboboxOption[];
  /** Looks elsewhere for what was typed. */
  search?: (query: string, signal: AbortSignal) => Promise<readonly ComboboxOption[]>;
  /** Offers to make an option of what was typed. */
  onCreate?: (text: string) => void;
  placeholder?: string;
  id?: string;
  disabled?: boolean;
  className?: string;
  /** Below the options: a way to where they come from. */
  footer?: ReactNode;
}

interface SingleProps {
  multiple?: false;
  value: string | null;
  onChange: (value: string) => void;
}

interface MultipleProps {
  multiple: true;
  value: readonly string[];
  onChange: (value: string[]) => void;
}

/** One or several of many options, which are searched by typing. */
export function Combobox(props: SharedProps & (SingleProps | MultipleProps)) {
  const { label, options, search, onCreate, placeholder, id, disabled = false, className, footer } = props;
  const { t } = useTranslation();
  const modal = useInDialog();
  const [open, setOpen] = useState(false);
  const [query, setQuery] = useState("");
  const found = useSearch(open ? query : "", search);
  // What was found is not in `options`, but what was chosen of it has a label still.
  const [known, setKnown] = useState<readonly ComboboxOption[]>([]);
  const shown = found.results ?? options;
  const chosen = props.multiple === true ? props.value : props.value === null ? [] : [props.value];
  const optionOf = (value: string) => [...options, ...shown, ...known].find((option) => option.value === value);

  const close = () => {
    setOpen(false);
    setQuery("");
  };
  const choose = (option: ComboboxOption) => {
    setKnown((before) => [...before, option]);
    if (props.multiple !== true) {
      props.onChange(option.value);
      close();
    } else if (props.value.includes(option.value)) props.onChange(props.value.filter((value) => value !== option.value));
    else props.onChange([...props.value, option.value]);
  };

  const typed = query.trim();
  const creatable = onCreate !== undefined && typed !== "" && !shown.some((option) => option.label.toLowerCase() === typed.toLowerCase());
  const labels = chosen.map((value) => optionOf(value)?.label ?? value);
  return (
    <Radix.Root open={open} onOpenChange={(next) => (next ? setOpen(true) : close())} modal={modal}>
      <Radix.Trigger
        id={id}
        role="combobox"
        aria-expanded={open}
        aria-label={labels.length === 0 ? label : `${label}: ${labels.join(", ")}`}
        disabled={disabled}
        className={clsx(CONTROL, HEIGHT, "inline-flex items-center gap-2 text-start", className)}
      >
        {chosen.length === 1 && <ChosenIcon option={optionOf(chosen[0] ?? "")} />}
        <span className={clsx("min-w-0 flex-1 truncate", labels.length === 0 && "text-muted")}>
          {labels.length === 0 ? (placeholder ?? t("common.choose")) : labels.join(", ")}
        </span>
        <ChevronsUpDown aria-hidden size={14} strokeWidth={1.5} className="shrink-0 text-muted" />
      </Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          aria-label={label}
          align="start"
          sideOffset={4}
          collisionPadding={8}
          className={clsx(FLOATING, "w-[max(var(--radix-popover-trigger-width),260px)] max-w-[calc(100vw-24px)]")}
        >
          <Command label={label} loop shouldFilter={found.results === null} filter={matches} className="flex max-h-90 flex-col">
            <div className="flex items-center gap-2 border-b border-line px-3">
              {found.busy ? <Spinner className="text-muted" /> : <Search size={16} strokeWidth={1.5} className="text-muted" />}
              <Command.Input
                value={query}
                onValueChange={setQuery}
                placeholder={t("common.search")}
                className="h-9 min-w-0 flex-1 bg-transparent outline-none placeholder:text-muted/80"
              />
            </div>
            <Command.List className="min-h-0 flex-1 overflow-y-auto p-1">
              {found.failed ? (
                <p role="alert" className="px-2 py-6 text-center text-danger">
                  {t("common.searchFailed")}
                </p>
              ) : (
                !creatable && <Command.Empty className="px-2 py-6 text-center text-muted">{t("common.nothingFound")}</Command.Empty>
              )}
              {grouped(shown).map(([group, members]) => (
                <Command.Group key={group} heading={group === "" ? undefined : group} className={GROUP}>
                  {members.map((option) => (
                    <Command.Item
                      key={option.value}
                      value={option.value}
                      keywords={[option.label, option.hint ?? ""]}
                      disabled={option.disabled ?? false}
                      onSelect={() => choose(option)}
                      className={ITEM}
                    >
                      {option.icon !== undefined && <span className="shrink-0 text-muted">{option.icon}</span>}
                      <span className="min-w-0 flex-1">
                        <span className="block truncate">{option.label}</span>
                        {option.hint !== undefined && <span className="block truncate text-12 text-muted">{option.hint}</span>}
                      </span>
                      {chosen.includes(option.value) && (
                        <Check role="img" aria-label={t("common.chosen")} size={16} strokeWidth={1.5} className="shrink-0 text-accent" />
                      )}
                    </Command.Item>
                  ))}
                </Command.Group>
              ))}
              {creatable && (
                <Command.Item
                  forceMount
                  value="create"
                  keywords={[typed]}
                  onSelect={() => {
                    onCreate(typed);
                    setQuery("");
                  }}
                  className={ITEM}
                >
                  <Plus size={16} strokeWidth={1.5} className="shrink-0 text-muted" />
                  <span className="min-w-0 flex-1 truncate">{t("common.createNamed", { name: typed })}</span>
                </Command.Item>
              )}
            </Command.List>
            {footer !== undefined && <div className="border-t border-line p-1">{footer}</div>}
          </Command>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

const ITEM =
  "flex min-h-8 cursor-pointer items-center gap-2 rounded-control px-2 py-1 select-none aria-disabled:opacity-50 data-[selected=true]:bg-text/8 pointer-coarse:min-h-10";
const GROUP = "[&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:pt-1.5 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-12 [&_[cmdk-group-heading]]:text-muted";

function ChosenIcon({ option }: { option: ComboboxOption | undefined }) {
  return option?.icon === undefined ? null : <span className="shrink-0 text-muted">{option.icon}</span>;
}

/** Every word that was typed is somewhere in the label or the hint. */
function matches(_: string, query: string, keywords: string[] = []): number {
  const text = keywords.join(" ").toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
    ? 1
    : 0;
}

function grouped(options: readonly ComboboxOption[]): [string, ComboboxOption[]][] {
  const groups = new Map<string, ComboboxOption[]>();
  for (const option of options) {
    const group = option.group ?? "";
    groups.set(group, [...(groups.get(group) ?? []), option]);
  }
  return [...groups];
}

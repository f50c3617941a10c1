import { useEffect, useState, type ReactNode } from "react";
import { Search } from "lucide-react";
import { useTranslation } from "react-i18next";
import { NativeSelect, TextInput } from "@/ui/field";
import type { LogSearch } from "./log-filter";
import { PERIODS, periodOf, USUAL_PERIOD } from "./period";

interface FiltersProps {
  search: LogSearch;
  /** A change begins again at the first page. */
  onChange: (search: LogSearch) => void;
  /** Those that a log has beside period and words. */
  children?: ReactNode;
  /** At the end of the line. */
  actions?: ReactNode;
}

const PAUSE_MS = 400;

/** Which entries of a log are shown. */
export function Filters({ search, onChange, children, actions }: FiltersProps) {
  const { t } = useTranslation();
  return (
    <div className="sticky top-0 z-10 flex flex-wrap items-center gap-2 border-b border-line bg-bg px-4 py-2">
      <Choice
        label={t("logs.period")}
        value={periodOf(search.period)}
        usual={USUAL_PERIOD}
        options={PERIODS.map((period) => ({ value: period, label: t(`logs.periods.${period}`) }))}
        onChange={(period) => onChange({ ...search, period, page: undefined })}
      />
      {children}
      <Words value={search.keyword ?? ""} onChange={(keyword) => onChange({ ...search, keyword: keyword === "" ? undefined : keyword, page: undefined })} />
      {actions !== undefined && <div className="ml-auto flex items-center gap-2">{actions}</div>}
    </div>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  /** The value that the address leaves out. */
  usual: string;
  options: readonly { value: string; label: string }[];
  onChange: (value: string | undefined) => void;
}

/** One of a few values, in the address unless it is the usual one. */
export function Choice({ label, value, usual, options, onChange }: ChoiceProps) {
  return (
    <NativeSelect
      aria-label={label}
      className="w-auto! min-w-0 max-md:min-w-36 max-md:flex-1"
      value={value}
      onChange={(event) => onChange(event.target.value === usual ? undefined : event.target.value)}
    >
      {options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.label}
        </option>
      ))}
    </NativeSelect>
  );
}

function Words({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState(value);
  useEffect(() => {
    if (typed.trim() === value) return;
    const timer = setTimeout(() => onChange(typed.trim()), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [typed, value, onChange]);
  return (
    <div className="relative min-w-40 max-md:w-full md:w-60">
      <Search aria-hidden size={14} strokeWidth={1.5} className="pointer-events-none absolute top-1/2 left-2.5 -translate-y-1/2 text-muted" />
      <TextInput type="search" aria-label={t("logs.search")} placeholder={t("logs.search")} maxLength={255} className="pl-8" value={typed} onChange={(event) => setTyped(event.target.value)} />
    </div>
  );
}

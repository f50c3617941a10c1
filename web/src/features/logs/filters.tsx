import { useQuery } from "@tanstack/react-query";
import { Search } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useSourceName } from "@/features/run-log/source-name";
import { NativeSelect, TextInput } from "@/ui/field";
import { useTimeZone } from "@/ui/time-zone";
import { ANNOTATED, CHANNELS, oneOf, RATINGS, SORTS, STATUSES, type LogSearch } from "./log-filter";
import { keysQuery } from "./logs-query";
import { keyName } from "./marks";
import { firstRange, PERIODS, periodOf, rangeOf, USUAL_PERIOD } from "./period";

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
    <div className="z-10 flex flex-wrap items-center gap-2 border-b border-line bg-bg px-4 py-2 md:sticky md:top-0">
      <Days value={search.period} onChange={(period) => onChange({ ...search, period, page: undefined })} />
      {children}
      <Words label={t("logs.user")} value={search.who ?? ""} onChange={(who) => onChange({ ...search, who, page: undefined })} />
      <Words label={t("logs.search")} value={search.keyword ?? ""} onChange={(keyword) => onChange({ ...search, keyword, page: undefined })} />
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
function Choice({ label, value, usual, options, onChange }: ChoiceProps) {
  return (
    <NativeSelect
      aria-label={label}
      className="w-auto! min-w-0 max-md:min-w-42 max-md:flex-1"
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

interface WordsProps {
  label: string;
  value: string;
  onChange: (value: string | undefined) => void;
}

function Words({ label, value, onChange }: WordsProps) {
  const [typed, setTyped] = useState(value);
  useEffect(() => {
    const words = typed.trim();
    if (words === value) return;
    const timer = setTimeout(() => onChange(words === "" ? undefined : words), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [typed, value, onChange]);
  return (
    <div className="relative min-w-32 max-md:w-full md:w-44">
      <Search aria-hidden size={14} strokeWidth={1.5} className="pointer-events-none absolute top-1/2 left-2.5 -translate-y-1/2 text-muted" />
      <TextInput type="search" aria-label={label} placeholder={label} maxLength={255} className="pl-8" value={typed} onChange={(event) => setTyped(event.target.value)} />
    </div>
  );
}

const CUSTOM = "custom";

/** A period up to now, or days that somebody chooses in the reader's time zone. */
function Days({ value, onChange }: { value: string | undefined; onChange: (period: string | undefined) => void }) {
  const { t } = useTranslation();
  const timeZone = useTimeZone();
  const range = rangeOf(value);
  const day = (label: string, side: "from" | "to") =>
    range !== null && (
      <TextInput
        type="date"
        aria-label={label}
        className="w-auto! max-md:flex-1"
        value={range[side]}
        onChange={(event) => {
          const days = { ...range, [side]: event.target.value };
          if (event.target.value !== "") onChange(`${days.from}..${days.to}`);
        }}
      />
    );
  return (
    <>
      <Choice
        label={t("logs.period")}
        value={range === null ? periodOf(value) : CUSTOM}
        usual={USUAL_PERIOD}
        options={[...PERIODS.map((period) => ({ value: period, label: t(`logs.periods.${period}`) })), { value: CUSTOM, label: t("logs.custom") }]}
        onChange={(period) => onChange(period === CUSTOM ? firstRange(new Date(), timeZone) : period)}
      />
      {day(t("logs.fromDay"), "from")}
      {range !== null && <span aria-hidden className="max-md:hidden">–</span>}
      {day(t("logs.toDay"), "to")}
    </>
  );
}

interface FurtherProps {
  appId: string;
  search: LogSearch;
  onChange: (search: LogSearch) => void;
}

/** How an app was used, and with which key of its API. */
export function CameFrom({ appId, search, onChange }: FurtherProps) {
  const { t } = useTranslation();
  const sourceName = useSourceName();
  const keys = useQuery(keysQuery(appId)).data ?? [];
  const known = keys.some((key) => key.id === search.key);
  return (
    <>
      <Choice
        label={t("logs.fromFilter")}
        value={search.from ?? ""}
        usual=""
        options={CHANNELS.map((value) => ({ value, label: value === "" ? t("logs.allFrom") : sourceName(value) }))}
        onChange={(from) => onChange({ ...search, from, page: undefined })}
      />
      {(keys.length > 0 || search.key !== undefined) && (
        <Choice
          label={t("logs.key")}
          value={search.key ?? ""}
          usual=""
          options={[
            { value: "", label: t("logs.allKeys") },
            ...keys.map((key) => ({ value: key.id, label: keyName(key) })),
            ...(known || search.key === undefined ? [] : [{ value: search.key, label: t("logs.goneKey") }]),
          ]}
          onChange={(key) => onChange({ ...search, key, page: undefined })}
        />
      )}
    </>
  );
}

/** How runs ended. */
export function Ended({ search, onChange }: Omit<FurtherProps, "appId">) {
  const { t } = useTranslation();
  return (
    <Choice
      label={t("logs.status")}
      value={search.status ?? ""}
      usual=""
      options={[{ value: "", label: t("logs.allStatuses") }, ...STATUSES.map((value) => ({ value, label: t(`status.${value}`) }))]}
      onChange={(status) => onChange({ ...search, status, page: undefined })}
    />
  );
}

/** How answers were rated, and by whom. */
export function Rated({ search, onChange }: Omit<FurtherProps, "appId">) {
  const { t } = useTranslation();
  return (
    <Choice
      label={t("logs.rating")}
      value={search.rating ?? ""}
      usual=""
      options={RATINGS.map((value) => ({ value, label: t(`logs.ratings.${value === "" ? "all" : value}`) }))}
      onChange={(rating) => onChange({ ...search, rating, page: undefined })}
    />
  );
}

/** In which order entries stand. */
export function Order({ search, onChange, sorts }: Omit<FurtherProps, "appId"> & { sorts: readonly (typeof SORTS)[number][] }) {
  const { t } = useTranslation();
  return (
    <Choice
      label={t("logs.sort")}
      value={sorts.find((sort) => sort === search.sort) ?? SORTS[0]}
      usual={SORTS[0]}
      options={sorts.map((value) => ({ value, label: t(`logs.sorts.${value}`) }))}
      onChange={(sort) => onChange({ ...search, sort, page: undefined })}
    />
  );
}

/** Whether entries have annotations. */
export function Marked({ search, onChange }: Omit<FurtherProps, "appId">) {
  const { t } = useTranslation();
  return (
    <Choice
      label={t("logs.annotatedFilter")}
      value={oneOf(ANNOTATED, search.annotated)}
      usual="all"
      options={ANNOTATED.map((value) => ({ value, label: value === "all" ? `${t("logs.annotatedFilter")}: ${t("logs.annotated.all")}` : t(`logs.annotated.${value}`) }))}
      onChange={(annotated) => onChange({ ...search, annotated, page: undefined })}
    />
  );
}

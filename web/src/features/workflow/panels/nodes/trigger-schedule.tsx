import { useState } from "react";
import { useTranslation } from "react-i18next";
import { NumberSlider } from "@/features/editors/number-slider";
import { Segmented } from "@/ui/segmented";
import { timeZones } from "@/features/schema-form/schema-form";
import { NativeSelect, TextInput } from "@/ui/field";
import { usePanel } from "../panel-context";
import { Row, Section } from "../section";
import { cronOf, fromClock, nextRuns, toClock, WEEKDAYS, type Frequency, type VisualSchedule } from "./schedule";

interface ScheduleData {
  mode: string;
  frequency: Frequency | null;
  visual_config: VisualSchedule | null;
  cron_expression: string;
  timezone: string;
}

const FREQUENCIES = ["hourly", "daily", "weekly", "monthly"] as const;
const DAYS: readonly (number | "last")[] = [...Array.from({ length: 31 }, (_, at) => at + 1), "last"];

export default function SchedulePanel() {
  const { t, i18n } = useTranslation();
  const { data, set, disabled } = usePanel<ScheduleData>();
  const [now] = useState(() => Date.now());
  const cron = data.mode === "cron";
  const frequency = data.frequency ?? "daily";
  const visual = data.visual_config ?? {};
  const timezone = data.timezone ?? "UTC";
  const change = (part: VisualSchedule) => set({ visual_config: { ...visual, ...part } });
  const expression = cron ? (data.cron_expression ?? "") : cronOf(frequency, visual);
  const next = expression === null || expression === "" ? null : nextRuns(expression, timezone, now);
  const format = new Intl.DateTimeFormat(i18n.language, { dateStyle: "full", timeStyle: "short", timeZone: next === null ? "UTC" : timezone });
  return (
    <>
      <Section title={t("panels.schedule.when")} required>
        <Segmented
          label={t("panels.schedule.mode")}
          value={cron ? "cron" : "visual"}
          disabled={disabled}
          onChange={(mode) => set({ mode, ...(mode === "cron" && !data.cron_expression ? { cron_expression: cronOf(frequency, visual) ?? "" } : {}), ...(mode === "visual" && !data.frequency ? { frequency } : {}) })}
          options={[
            { value: "visual", label: t("panels.schedule.visual") },
            { value: "cron", label: "Cron" },
          ]}
        />
        {cron ? (
          <div className="flex flex-col gap-1">
            <TextInput
              aria-label={t("panels.schedule.cron")}
              value={data.cron_expression ?? ""}
              placeholder="0 9 * * 1-5"
              disabled={disabled}
              aria-invalid={next === null}
              onChange={(event) => set({ cron_expression: event.target.value })}
              spellCheck={false}
              className="h-8! font-mono text-13!"
            />
            <p className={next === null ? "text-12 text-danger" : "text-12 text-muted"}>{next === null ? t("panels.schedule.badCron") : t("panels.schedule.cronHint")}</p>
          </div>
        ) : (
          <>
            <Segmented label={t("panels.schedule.frequency")} value={frequency} disabled={disabled} onChange={(each) => set({ frequency: each })} options={FREQUENCIES.map((value) => ({ value, label: t(`panels.schedule.${value}`) }))} />
            {frequency === "hourly" ? (
              <Row label={t("panels.schedule.minute")}>
                <NumberSlider label={t("panels.schedule.minute")} value={visual.on_minute ?? 0} min={0} max={59} disabled={disabled} onChange={(on_minute) => change({ on_minute: Math.min(59, Math.max(0, Math.round(on_minute))) })} />
              </Row>
            ) : (
              <Row label={t("panels.schedule.time")}>
                <TextInput
                  type="time"
                  aria-label={t("panels.schedule.time")}
                  value={toClock(visual.time ?? "12:00 AM") ?? ""}
                  disabled={disabled}
                  onChange={(event) => {
                    if (event.target.value !== "") change({ time: fromClock(event.target.value) });
                  }}
                  className="h-8! w-32! text-13!"
                />
              </Row>
            )}
            {frequency === "weekly" && (
              <Toggles
                label={t("panels.schedule.weekdays")}
                items={WEEKDAYS}
                chosen={visual.weekdays ?? ["sun"]}
                nameOf={(day) => t(`panels.schedule.${day}`)}
                disabled={disabled}
                onChange={(weekdays) => change({ weekdays })}
              />
            )}
            {frequency === "monthly" && (
              <Toggles
                label={t("panels.schedule.days")}
                items={DAYS}
                chosen={(visual.monthly_days ?? [1])}
                nameOf={(day) => (day === "last" ? t("panels.schedule.last") : String(day))}
                disabled={disabled}
                onChange={(monthly_days) => change({ monthly_days })}
              />
            )}
          </>
        )}
        <Row label={t("panels.schedule.timezone")}>
          <NativeSelect aria-label={t("panels.schedule.timezone")} value={timezone} disabled={disabled} onChange={(event) => set({ timezone: event.target.value })} className="h-8! w-56! max-w-[65%] text-13!">
            {(timeZones().includes(timezone) ? timeZones() : [timezone, ...timeZones()]).map((zone) => (
              <option key={zone}>{zone}</option>
            ))}
          </NativeSelect>
        </Row>
      </Section>
      <Section title={t("panels.schedule.next")}>
        {next === null || next.length === 0 ? (
          <p className="text-muted">{t("panels.schedule.never")}</p>
        ) : (
          <ol className="flex flex-col gap-1">
            {next.map((at) => (
              <li key={at} className="tabular">
                {format.format(at)}
              </li>
            ))}
          </ol>
        )}
      </Section>
    </>
  );
}

interface TogglesProps<T extends string | number> {
  label: string;
  items: readonly T[];
  chosen: readonly (T | string)[];
  nameOf: (item: T) => string;
  onChange: (chosen: T[]) => void;
  disabled: boolean;
}

function Toggles<T extends string | number>({ label, items, chosen, nameOf, onChange, disabled }: TogglesProps<T>) {
  return (
    <div role="group" aria-label={label} className="flex flex-wrap gap-1">
      {items.map((item) => {
        const on = chosen.includes(item);
        return (
          <button
            key={item}
            type="button"
            aria-pressed={on}
            disabled={disabled}
            onClick={() => onChange(items.filter((each) => (each === item ? !on : chosen.includes(each))))}
            className={
              on
                ? "h-7 min-w-8 rounded-control border border-accent bg-accent-soft px-1.5 text-12 text-accent pointer-coarse:h-10 pointer-coarse:min-w-10"
                : "h-7 min-w-8 rounded-control border border-line bg-raised px-1.5 text-12 text-muted hover:border-line-strong pointer-coarse:h-10 pointer-coarse:min-w-10"
            }
          >
            {nameOf(item)}
          </button>
        );
      })}
    </div>
  );
}

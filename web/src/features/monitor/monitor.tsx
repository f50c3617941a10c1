import { useTranslation } from "react-i18next";
import type { AppMode } from "@/api/console";
import { PERIODS, periodOf, startOf } from "@/features/logs/period";
import { NativeSelect } from "@/ui/field";
import { useTimeZone } from "@/ui/time-zone";
import { ChartCard } from "./chart-card";
import { CHARTS } from "./charts";

interface MonitorProps {
  app: { id: string; mode: AppMode };
  /** As the address names it. */
  period: string | undefined;
  onPeriod: (period: string) => void;
}

/** What happened with an app, day by day. */
export default function Monitor({ app, period: named, onPeriod }: MonitorProps) {
  const { t } = useTranslation();
  const timeZone = useTimeZone();
  const period = periodOf(named);
  const now = new Date();
  const start = startOf(period, now, timeZone);
  const today = startOf("today", now, timeZone).slice(0, 10);
  return (
    <section aria-labelledby="monitor-title" className="flex flex-col gap-4">
      <div className="flex items-center gap-3 pt-2">
        <h2 id="monitor-title" className="flex-1 text-16 font-semibold">
          {t("monitor.title")}
        </h2>
        <NativeSelect aria-label={t("logs.period")} className="max-w-44" value={period} onChange={(event) => onPeriod(event.target.value)}>
          {PERIODS.map((each) => (
            <option key={each} value={each}>
              {t(`logs.periods.${each}`)}
            </option>
          ))}
        </NativeSelect>
      </div>
      <div className="grid gap-4 lg:grid-cols-2">
        {CHARTS[app.mode].map((chart) => (
          <ChartCard key={chart.id} appId={app.id} chart={chart} start={start} range={[start === "" ? today : start.slice(0, 10), today]} />
        ))}
      </div>
      <p className="text-12 text-muted">{t("monitor.note")}</p>
    </section>
  );
}

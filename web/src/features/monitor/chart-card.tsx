import { useQuery } from "@tanstack/react-query";
import { ChartSpline, Table2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useErrorText } from "@/i18n/errors";
import { Button, IconButton } from "@/ui/button";
import { Skeleton } from "@/ui/empty";
import { Cell, HeadCell, Row, Table, TableHead } from "@/ui/table";
import { costOf, headlineOf, pointsOf, type Chart, type Point } from "./charts";
import { chartQuery } from "./charts-query";
import { useFigures } from "./figures";
import { LineChart } from "./line-chart";

interface ChartCardProps {
  appId: string;
  chart: Chart;
  start: string;
  range: readonly [string, string];
}

/** One chart, loaded by itself: what goes wrong with it leaves the others as they are. */
export function ChartCard({ appId, chart, start, range }: ChartCardProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const figures = useFigures();
  const [listed, setListed] = useState(false);
  const days = useQuery(chartQuery(appId, chart.id, start));
  const points = pointsOf(chart, days.data ?? []);
  const title = t(`monitor.charts.${chart.id}.title`);
  const value = figures.brief(headlineOf(chart, points));
  const cost = figures.cost(costOf(points));
  return (
    <section aria-label={title} aria-busy={days.isFetching} className="flex min-w-0 flex-col gap-3 rounded-card border border-line bg-surface p-4">
      <div className="flex items-start gap-2">
        <div className="min-w-0 flex-1">
          <h3 className="font-medium">{title}</h3>
          <p className="text-12 text-muted">{t(`monitor.charts.${chart.id}.about`)}</p>
        </div>
        <IconButton label={t(listed ? "monitor.asChart" : "monitor.asTable", { chart: title })} disabled={points.length === 0} onClick={() => setListed(!listed)}>
          {listed ? <ChartSpline size={16} strokeWidth={1.5} /> : <Table2 size={16} strokeWidth={1.5} />}
        </IconButton>
      </div>
      {days.data !== undefined ? (
        <>
          <p className="tabular flex items-baseline gap-2">
            <span className="text-20 font-semibold">{value}</span>
            <span className="text-muted">{t(`monitor.units.${chart.id}`)}</span>
            {cost !== "" && <span className="text-muted">~ {cost}</span>}
          </p>
          {listed && points.length > 0 ? (
            <DayTable chart={chart} points={points} title={title} />
          ) : (
            <LineChart
              chart={chart}
              points={points}
              range={range}
              label={points.length === 0 ? t("monitor.nothing", { chart: title }) : t("monitor.summary", { chart: title, value, count: points.length })}
            />
          )}
        </>
      ) : days.error === null ? (
        <Skeleton className="h-48 w-full" />
      ) : (
        <div role="alert" className="flex flex-wrap items-center gap-3 text-danger">
          {errorText(days.error)}
          <Button size="small" onClick={() => void days.refetch()}>
            {t("common.retry")}
          </Button>
        </div>
      )}
    </section>
  );
}

function DayTable({ chart, points, title }: { chart: Chart; points: readonly Point[]; title: string }) {
  const { t } = useTranslation();
  const figures = useFigures();
  const priced = points.some(({ cost }) => cost.size > 0);
  return (
    <Table label={title} className="max-h-44" tabIndex={0}>
      <TableHead>
        <HeadCell>{t("monitor.day")}</HeadCell>
        <HeadCell numeric>{t(`monitor.units.${chart.id}`)}</HeadCell>
        {priced && <HeadCell numeric>{t("monitor.cost")}</HeadCell>}
      </TableHead>
      <tbody>
        {points.toReversed().map((point) => (
          <Row key={point.date}>
            <Cell className="h-8! py-1!">{figures.day(point.date)}</Cell>
            <Cell className="h-8! py-1! text-end">{figures.exact(point.value)}</Cell>
            {priced && <Cell className="h-8! py-1! text-end">{figures.cost(point.cost)}</Cell>}
          </Row>
        ))}
      </tbody>
    </Table>
  );
}

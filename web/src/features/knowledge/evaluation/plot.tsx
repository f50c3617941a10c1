import { useTranslation } from "react-i18next";
import type { Evaluation, Figure } from "./variants";

const ROW = 28;
const TICKS = [0, 0.25, 0.5, 0.75, 1];

/** A figure of each variant as a dot, with the interval in which its mean lies. The table beside it says the same. */
export function Plot({ evaluation, figure }: { evaluation: Evaluation; figure: Figure }) {
  const { t } = useTranslation();
  const rows = evaluation.results.map((result, at) => ({ name: evaluation.variants[at]?.name ?? "", ...(result.figures[figure] ?? { value: 0, low: 0, high: 0 }) }));
  const height = rows.length * ROW;
  return (
    <figure className="flex flex-col gap-1">
      <figcaption className="text-12 text-muted">{t("evaluation.plot", { figure: t(`evaluation.figures.${figure}`) })}</figcaption>
      <div className="grid grid-cols-[minmax(6rem,14rem)_1fr] gap-x-3">
        <ul>
          {rows.map((row, at) => (
            <li key={at} className="flex h-7 items-center">
              <span className="truncate text-12">{row.name}</span>
            </li>
          ))}
        </ul>
        <div className="relative" style={{ height }} aria-hidden>
          {TICKS.map((tick) => (
            <span key={tick} className="absolute inset-y-0 w-px bg-line" style={{ left: `${tick * 100}%` }} />
          ))}
          {rows.map((row, at) => (
            <span key={at}>
              <span
                className="absolute h-0.5 rounded-full bg-accent/50"
                style={{ top: at * ROW + ROW / 2 - 1, left: `${row.low * 100}%`, width: `${Math.max(0, row.high - row.low) * 100}%` }}
              />
              <span className="absolute size-2.5 -translate-x-1/2 -translate-y-1/2 rounded-full bg-accent" style={{ top: at * ROW + ROW / 2, left: `${row.value * 100}%` }} />
            </span>
          ))}
        </div>
        <span />
        <div className="tabular relative h-4 text-12 text-muted" aria-hidden>
          {TICKS.map((tick) => (
            <span key={tick} className="absolute -translate-x-1/2" style={{ left: `${tick * 100}%` }}>
              {tick}
            </span>
          ))}
        </div>
      </div>
    </figure>
  );
}

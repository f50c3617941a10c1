import { useState, type PointerEvent } from "react";
import type { Chart, Point } from "./charts";
import { useFigures } from "./figures";
import { areaUnder, lineThrough, nearest, placesOf, topOf } from "./geometry";

interface LineChartProps {
  chart: Chart;
  points: readonly Point[];
  /** The dates between which an empty chart is drawn. */
  range: readonly [string, string];
  /** Says what it shows to those who do not see it. */
  label: string;
}

/** A line with what lies below it; the day under the pointer tells its value. The same numbers are in the table. */
export function LineChart({ chart, points, range, label }: LineChartProps) {
  const figures = useFigures();
  const [chosen, setChosen] = useState(-1);
  const top = points.length === 0 ? chart.emptyTop : topOf(Math.max(chart.counts ? 2 : 0, ...points.map(({ value }) => value)));
  const places = placesOf(points, top);
  const point = points[chosen];
  const place = places[chosen];
  const choose = (event: PointerEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    setChosen(nearest(places, (event.clientX - box.left) / box.width));
  };
  const [first, last] = [points[0]?.date ?? range[0], points.at(-1)?.date ?? range[1]];
  return (
    <div role="img" aria-label={label} className="grid grid-cols-[auto_1fr] gap-x-2 text-12 text-muted">
      <div aria-hidden className="tabular flex h-36 flex-col justify-between text-end leading-none">
        {[top, top / 2, 0].map((value) => (
          <span key={value} className="-my-1.5">
            {figures.brief(value)}
          </span>
        ))}
      </div>
      <div aria-hidden className="relative h-36 touch-pan-y" onPointerMove={choose} onPointerDown={choose} onPointerLeave={() => setChosen(-1)}>
        <svg viewBox="0 0 100 100" preserveAspectRatio="none" className="size-full overflow-visible">
          {[0, 50, 100].map((y) => (
            <line key={y} x1="0" x2="100" y1={y} y2={y} className="stroke-line" vectorEffect="non-scaling-stroke" />
          ))}
          <path d={areaUnder(places)} className="fill-accent opacity-10" />
          <path d={lineThrough(places)} fill="none" className="stroke-accent" strokeWidth="2" strokeLinejoin="round" vectorEffect="non-scaling-stroke" />
        </svg>
        {places.length === 1 && places[0] !== undefined && <Dot x={places[0].x} y={places[0].y} />}
        {point !== undefined && place !== undefined && (
          <>
            <Dot x={place.x} y={place.y} />
            <div
              className="pointer-events-none absolute -top-2 z-10 rounded-control border border-line bg-raised px-2 py-1 whitespace-nowrap text-text shadow-float"
              style={place.x > 0.5 ? { right: `${(1 - place.x) * 100 + 2}%` } : { left: `${place.x * 100 + 2}%` }}
            >
              <span className="block text-muted">{figures.day(point.date)}</span>
              <span className="tabular font-medium">{figures.exact(point.value)}</span>
              {point.cost.size > 0 && <span className="tabular ml-2 text-muted">{figures.cost(point.cost)}</span>}
            </div>
          </>
        )}
      </div>
      <div aria-hidden className="col-start-2 mt-2 flex justify-between">
        <span>{figures.shortDay(first)}</span>
        {last !== first && <span>{figures.shortDay(last)}</span>}
      </div>
    </div>
  );
}

function Dot({ x, y }: { x: number; y: number }) {
  return (
    <span
      className="pointer-events-none absolute -mt-1 -ml-1 size-2 rounded-full bg-accent ring-2 ring-surface"
      style={{ left: `${x * 100}%`, top: `${y * 100}%` }}
    />
  );
}

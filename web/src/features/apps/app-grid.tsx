import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useRef, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { App } from "@/api/console";
import { Spinner } from "@/ui/spinner";
import { AppCard } from "./app-card";

const GAP = 12;
const MIN_WIDTH = 272;
/** Of a card and the space below it. */
const ROW = 172 + GAP;

interface AppGridProps {
  apps: readonly App[];
  total: number;
  editable: boolean;
  /** Stands before the first app. */
  first?: ReactNode;
  /** Asked for when the end comes near; undefined when there is no more. */
  loadMore?: (() => unknown) | undefined;
  loading: boolean;
}

/** Cards in as many columns as fit. Only those in sight are in the page, however many there are. */
export function AppGrid({ apps, total, editable, first, loadMore, loading }: AppGridProps) {
  const { t } = useTranslation();
  const box = useRef<HTMLDivElement>(null);
  const [{ columns, top }, setPlace] = useState({ columns: 1, top: 0 });
  useLayoutEffect(() => {
    const grid = box.current;
    const page = scrollerOf(grid);
    if (grid === null || page === null) return;
    const measure = () => {
      setPlace({
        columns: Math.max(1, Math.floor((grid.clientWidth + GAP) / (MIN_WIDTH + GAP))),
        top: grid.getBoundingClientRect().top - page.getBoundingClientRect().top + page.scrollTop,
      });
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(grid);
    return () => observer.disconnect();
  }, []);
  const before = first === undefined ? 0 : 1;
  const cells = apps.length + before;
  // eslint-disable-next-line react-hooks/incompatible-library -- nothing of it is handed to memoised children
  const rows = useVirtualizer({
    count: Math.ceil(cells / columns),
    getScrollElement: () => scrollerOf(box.current),
    estimateSize: () => ROW,
    overscan: 4,
    scrollMargin: top,
  });
  const shown = rows.getVirtualItems();
  const nearEnd = ((shown.at(-1)?.index ?? -1) + 2) * columns >= cells;
  useEffect(() => {
    if (nearEnd && !loading) loadMore?.();
  }, [nearEnd, loading, loadMore]);
  return (
    <>
      <div ref={box}>
        <ul aria-label={t("apps.title")} className="relative" style={{ height: rows.getTotalSize() - (cells === 0 ? 0 : GAP) }}>
          {shown.flatMap((row) =>
            Array.from({ length: columns }, (_, column) => {
              const cell = row.index * columns + column;
              const app = apps[cell - before];
              const content = cell < before ? first : app === undefined ? null : <AppCard app={app} editable={editable} />;
              if (content === null) return null;
              return (
                <li
                  key={app?.id ?? "first"}
                  aria-setsize={total + before}
                  aria-posinset={cell + 1}
                  className="absolute top-0"
                  style={{
                    height: ROW - GAP,
                    width: `calc((100% - ${(columns - 1) * GAP}px) / ${columns})`,
                    left: `calc((100% + ${GAP}px) / ${columns} * ${column})`,
                    transform: `translateY(${row.start - top}px)`,
                  }}
                >
                  {content}
                </li>
              );
            }),
          )}
        </ul>
      </div>
      {loading && (
        <div className="flex justify-center py-4 text-muted">
          <Spinner />
        </div>
      )}
    </>
  );
}

/** What scrolls around the grid: the page of the console. */
function scrollerOf(element: HTMLElement | null): HTMLElement | null {
  return element?.closest("main") ?? null;
}

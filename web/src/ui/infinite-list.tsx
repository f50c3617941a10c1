import { useVirtualizer } from "@tanstack/react-virtual";
import clsx from "clsx";
import { useEffect, useRef, type ReactNode } from "react";
import { Spinner } from "./spinner";

interface InfiniteListProps<Item> {
  label: string;
  items: readonly Item[];
  keyOf: (item: Item) => string;
  children: (item: Item, index: number) => ReactNode;
  /** Pixels of an item that has not been measured yet. */
  estimate: number;
  /** Asked for when the end comes near; undefined when there is no more. */
  loadMore?: (() => unknown) | undefined;
  loading?: boolean;
  className?: string;
}

/** A long list in a box that scrolls: only what is in sight is in the page, and more is loaded towards the end. */
export function InfiniteList<Item>({ label, items, keyOf, children, estimate, loadMore, loading = false, className }: InfiniteListProps<Item>) {
  const box = useRef<HTMLDivElement>(null);
  // eslint-disable-next-line react-hooks/incompatible-library -- nothing of it is handed to memoised children
  const list = useVirtualizer({
    count: items.length,
    getScrollElement: () => box.current,
    estimateSize: () => estimate,
    overscan: 8,
    getItemKey: (index) => {
      const item = items[index];
      return item === undefined ? index : keyOf(item);
    },
  });
  const rows = list.getVirtualItems();
  const lastShown = rows.at(-1)?.index ?? -1;
  const nearEnd = lastShown >= items.length - 5;
  useEffect(() => {
    if (nearEnd && !loading) loadMore?.();
  }, [nearEnd, loading, loadMore]);
  return (
    <div ref={box} className={clsx("min-h-0 overflow-y-auto", className)}>
      <ul aria-label={label} className="relative w-full" style={{ height: list.getTotalSize() }}>
        {rows.map((row) => {
          const item = items[row.index];
          if (item === undefined) return null;
          return (
            <li
              key={row.key}
              ref={list.measureElement}
              data-index={row.index}
              aria-setsize={loadMore === undefined ? items.length : -1}
              aria-posinset={row.index + 1}
              className="absolute inset-x-0 top-0"
              style={{ transform: `translateY(${row.start}px)` }}
            >
              {children(item, row.index)}
            </li>
          );
        })}
      </ul>
      {loading && (
        <div className="flex justify-center py-3 text-muted">
          <Spinner />
        </div>
      )}
    </div>
  );
}

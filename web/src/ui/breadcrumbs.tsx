import { Fragment, type ReactNode } from "react";

/** The way to this page: links, and the page itself as the last. */
export function Breadcrumbs({ label, items }: { label: string; items: readonly { id: string; content: ReactNode }[] }) {
  return (
    <nav aria-label={label} className="min-w-0">
      <ol className="flex min-w-0 items-center gap-1.5">
        {items.map(({ id, content }, index) => {
          const last = index === items.length - 1;
          return (
            <Fragment key={id}>
              <li className={last ? "min-w-0 truncate font-semibold" : "min-w-0 truncate text-muted max-sm:hidden"} aria-current={last ? "page" : undefined}>
                {content}
              </li>
              {!last && (
                <li aria-hidden className="text-muted max-sm:hidden">
                  /
                </li>
              )}
            </Fragment>
          );
        })}
      </ol>
    </nav>
  );
}

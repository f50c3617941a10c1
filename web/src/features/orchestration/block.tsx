import { ChevronRight } from "lucide-react";
import { useId, useState, type ReactNode } from "react";

interface BlockProps {
  title: string;
  hint?: string;
  /** Right of the title: a button. */
  aside?: ReactNode;
  children?: ReactNode;
}

/** A part of what the app is told. */
export function Block({ title, hint, aside, children }: BlockProps) {
  const id = useId();
  return (
    <section aria-labelledby={id} className="flex min-w-0 flex-col gap-2 rounded-card border border-line bg-surface p-3">
      <div className="flex min-h-7 items-center gap-2">
        <h3 id={id} className="min-w-0 flex-1 font-medium">
          {title}
        </h3>
        {aside}
      </div>
      {hint !== undefined && <p className="-mt-1 text-12 text-muted">{hint}</p>}
      {children}
    </section>
  );
}

interface OpeningRowProps {
  /** Left of the name: a handle, an icon. */
  before?: ReactNode;
  name: ReactNode;
  /** Right: a switch, a button. */
  after?: ReactNode;
  open?: boolean;
  children: ReactNode;
}

/** A row that opens its settings below itself. */
export function OpeningRow({ before, name, after, open: initially = false, children }: OpeningRowProps) {
  const [open, setOpen] = useState(initially);
  const id = useId();
  return (
    <div className="min-w-0 rounded-control border border-line bg-raised">
      <div className="flex min-h-9 items-center gap-1 ps-1.5 pe-1">
        {before}
        <button
          type="button"
          aria-expanded={open}
          aria-controls={id}
          onClick={() => setOpen(!open)}
          className="flex min-h-9 min-w-0 flex-1 items-center gap-2 rounded-control text-start"
        >
          <ChevronRight aria-hidden size={14} strokeWidth={1.5} className={open ? "shrink-0 rotate-90 text-muted" : "shrink-0 text-muted"} />
          {name}
        </button>
        {after}
      </div>
      <div id={id} hidden={!open} className="border-t border-line p-3">
        {open && <div className="flex min-w-0 flex-col gap-3">{children}</div>}
      </div>
    </div>
  );
}

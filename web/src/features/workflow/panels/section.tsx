import { ChevronRight } from "lucide-react";
import { useId, useState, type ReactNode } from "react";

interface SectionProps {
  title: string;
  hint?: ReactNode;
  /** Right of the title: a switch, a button. */
  aside?: ReactNode;
  children?: ReactNode;
  required?: boolean;
}

/** A part of a panel under its title. */
export function Section({ title, hint, aside, children, required = false }: SectionProps) {
  const id = useId();
  return (
    <section aria-labelledby={id} className="flex min-w-0 flex-col gap-2">
      <div className="flex min-h-7 items-center gap-2">
        <h3 id={id} className="min-w-0 flex-1 font-semibold">
          {title}
          {required && <span className="text-danger"> *</span>}
        </h3>
        {aside}
      </div>
      {hint !== undefined && <p className="-mt-1 text-12 text-muted">{hint}</p>}
      {children}
    </section>
  );
}

/** A part that is folded until it is wanted. */
export function Folded({ title, aside, children, open: initially = false }: { title: string; aside?: ReactNode; children: ReactNode; open?: boolean }) {
  const [open, setOpen] = useState(initially);
  const id = useId();
  return (
    <section className="flex min-w-0 flex-col gap-2">
      <div className="flex min-h-7 items-center gap-2">
        <h3 className="min-w-0 flex-1">
          <button
            type="button"
            aria-expanded={open}
            aria-controls={id}
            onClick={() => setOpen(!open)}
            className="flex min-h-7 w-full items-center gap-1 rounded-control text-start font-semibold"
          >
            <ChevronRight size={14} strokeWidth={1.5} className={open ? "rotate-90 text-muted transition-transform" : "text-muted transition-transform"} />
            {title}
          </button>
        </h3>
        {aside}
      </div>
      <div id={id}>{open && children}</div>
    </section>
  );
}

/** A setting on one line with its control, or above it. */
export function Row({ label, hint, children, stacked = false }: { label: string; hint?: string; children: ReactNode; stacked?: boolean }) {
  return (
    <div className={stacked ? "flex min-w-0 flex-col gap-1" : "flex min-h-8 min-w-0 items-center justify-between gap-3"}>
      <span className="shrink-0">
        {label}
        {hint !== undefined && <span className="block text-12 text-muted">{hint}</span>}
      </span>
      {children}
    </div>
  );
}

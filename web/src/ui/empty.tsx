import type { ReactNode } from "react";

interface EmptyProps {
  icon: ReactNode;
  title: string;
  text?: string;
  /** The first step, done for the person. */
  action?: ReactNode;
}

export function Empty({ icon, title, text, action }: EmptyProps) {
  return (
    <div className="mx-auto flex max-w-100 flex-col items-center gap-1 px-6 py-16 text-center">
      <span className="mb-2 text-muted">{icon}</span>
      <h2 className="text-16 font-semibold">{title}</h2>
      {text !== undefined && <p className="text-muted">{text}</p>}
      {action !== undefined && <div className="mt-4">{action}</div>}
    </div>
  );
}

export function Skeleton({ className }: { className: string }) {
  return <div aria-hidden className={`animate-pulse-soft rounded-control bg-sunken ${className}`} />;
}

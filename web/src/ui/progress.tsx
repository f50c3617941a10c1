import clsx from "clsx";
import { Progress as Radix } from "radix-ui";

interface ProgressProps {
  label: string;
  /** From 0 to 1; null while nobody knows. */
  share: number | null;
  tone?: "accent" | "ok" | "danger";
}

const TONES = { accent: "bg-accent", ok: "bg-ok", danger: "bg-danger" };

export function Progress({ label, share, tone = "accent" }: ProgressProps) {
  const percent = share === null ? null : Math.round(Math.min(1, Math.max(0, share)) * 100);
  return (
    <Radix.Root aria-label={label} value={percent} className="h-1.5 w-full overflow-hidden rounded-full bg-sunken">
      <Radix.Indicator
        className={clsx("h-full rounded-full transition-transform", TONES[tone], percent === null && "animate-pulse-soft w-full")}
        style={percent === null ? undefined : { width: `${percent}%` }}
      />
    </Radix.Root>
  );
}

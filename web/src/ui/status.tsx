import clsx from "clsx";
import { CircleAlert, CircleCheck, CircleDashed, CirclePause, CircleStop, LoaderCircle, RotateCw } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { RunStatus, StepStatus } from "@/api/events";

type Status = RunStatus | StepStatus;

const LOOKS: Record<Status, { icon: typeof CircleCheck; tone: string }> = {
  running: { icon: LoaderCircle, tone: "text-accent animate-spin" },
  succeeded: { icon: CircleCheck, tone: "text-ok" },
  "partial-succeeded": { icon: CircleAlert, tone: "text-warn" },
  exception: { icon: CircleAlert, tone: "text-warn" },
  failed: { icon: CircleAlert, tone: "text-danger" },
  stopped: { icon: CircleStop, tone: "text-muted" },
  retry: { icon: RotateCw, tone: "text-warn" },
  paused: { icon: CirclePause, tone: "text-warn" },
  pending: { icon: CircleDashed, tone: "text-muted" },
  scheduled: { icon: CircleDashed, tone: "text-muted" },
};

/** A status as an icon that says its name to assistive technology. */
export function StatusIcon({ status }: { status: Status }) {
  const { t } = useTranslation();
  const { icon: Icon, tone } = LOOKS[status];
  return <Icon size={16} strokeWidth={1.5} className={clsx("shrink-0", tone)} role="img" aria-label={t(`status.${status}`)} />;
}

export function StatusLabel({ status }: { status: Status }) {
  const { t } = useTranslation();
  const { icon: Icon, tone } = LOOKS[status];
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap">
      <Icon size={16} strokeWidth={1.5} className={clsx("shrink-0", tone)} aria-hidden />
      {t(`status.${status}`)}
    </span>
  );
}

import { Link } from "@tanstack/react-router";
import { GitCompareArrows } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { RunDetail } from "@/api/console";
import type { RunStatus } from "@/api/events";
import { Button, buttonClass } from "@/ui/button";
import { StatusIcon } from "@/ui/status";
import { Time } from "@/ui/time";

interface Ways {
  /** Shows a run in place; without it, its page is opened. */
  onOpen?: (runId: string) => void;
  /** Compares in place; without it, on the page of the replay. */
  onCompare?: (origin: string, again: string) => void;
}

/** Where a replay comes from, and which replays a run has, each to be opened or compared. */
export function ReplayLinks({ run, ...ways }: { run: RunDetail } & Ways) {
  const { t } = useTranslation();
  const { replay, replay_of: origin, replays } = run;
  if (origin === null && replays.length === 0) return null;
  return (
    <section className="flex flex-col gap-2 rounded-card border border-line bg-surface px-3 py-2" aria-label={t("replay.replays")}>
      {origin !== null && replay !== null && (
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <span>{t("replay.isReplay", { title: replay.title || replay.node_id })}</span>
          {replay.edited.length > 0 && <span className="text-muted">{t("replay.withEdits", { names: replay.edited.join(", ") })}</span>}
          <span className="ml-auto flex gap-2">
            <OpenRun id={origin} className={buttonClass("quiet", "small")} {...ways}>
              {t("replay.openOrigin")}
            </OpenRun>
            <CompareRuns origin={origin} again={run.id} {...ways} />
          </span>
        </div>
      )}
      {replays.length > 0 && (
        <>
          <h2 className="text-12 font-medium text-muted">{t("replay.replays")}</h2>
          <ul>
            {replays.map((each) => (
              <li key={each.id} className="flex min-h-9 flex-wrap items-center gap-x-3 gap-y-1">
                <StatusIcon status={each.status as RunStatus} />
                <OpenRun id={each.id} className="min-w-0 truncate hover:text-accent" {...ways}>
                  {t("replay.from", { title: each.title || each.node_id })}
                </OpenRun>
                <span className="text-12 text-muted">
                  <Time at={each.created_at} />
                </span>
                <span className="ml-auto">
                  <CompareRuns origin={run.id} again={each.id} {...ways} />
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

function OpenRun({ id, className, onOpen, children }: Ways & { id: string; className: string; children: ReactNode }) {
  if (onOpen !== undefined) {
    return (
      <button type="button" className={className} onClick={() => onOpen(id)}>
        {children}
      </button>
    );
  }
  return (
    <Link to="/logs/$runId" params={{ runId: id }} className={className}>
      {children}
    </Link>
  );
}

function CompareRuns({ origin, again, onCompare }: Ways & { origin: string; again: string }) {
  const { t } = useTranslation();
  const icon = <GitCompareArrows size={14} strokeWidth={1.5} aria-hidden />;
  if (onCompare !== undefined) {
    return (
      <Button size="small" icon={icon} onClick={() => onCompare(origin, again)}>
        {t("replay.compare")}
      </Button>
    );
  }
  return (
    <Link to="/logs/$runId" params={{ runId: again }} search={{ against: origin }} className={buttonClass("plain", "small")}>
      {icon}
      {t("replay.compare")}
    </Link>
  );
}

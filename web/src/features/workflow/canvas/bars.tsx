import { useReactFlow, useStore as useFlowStore } from "@xyflow/react";
import { useNavigate } from "@tanstack/react-router";
import clsx from "clsx";
import { ChevronDown, CloudAlert, CloudCheck, Ellipsis, RefreshCw } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/button";
import { Menu, MenuItem, MenuSeparator } from "@/ui/menu";
import { Time } from "@/ui/time";
import { useSaveState, useSaving, useWorkflow } from "../store";
import { usePublished, useVersionName } from "../versions/viewing";
import { CommandButton, useCommandLabel, useEnabled, useRun } from "./canvas-commands";
import { commandOf, isShown, type CommandId } from "./commands";
import { useCanvas } from "./ui";

const PANELS = ["questions", "environment", "conversation", "system", "features", "checklist", "versions"] as const;

interface TopBarProps {
  problemCount: number;
  hasErrors: boolean;
  /** The page of the published app. */
  siteUrl: string | null;
}

/** Above the canvas: what is saved and published, variables, problems, versions, publishing. */
export function TopBar({ problemCount, hasErrors, siteUrl }: TopBarProps) {
  const { t } = useTranslation();
  const panel = useCanvas((state) => state.panel);
  const mode = useWorkflow((state) => state.mode);
  const appId = useWorkflow((state) => state.appId);
  const navigate = useNavigate();
  const { data: published } = usePublished();
  const run = useRun();
  const label = useCommandLabel();
  const canPublish = useEnabled("publish");
  const panels = PANELS.filter((name) => isShown(name, mode));
  return (
    <header className="flex h-11 shrink-0 items-center gap-1 border-b border-line bg-bg px-3">
      <SaveLine />
      <nav aria-label={t("workflow.canvas.panels")} className="flex items-center gap-0.5 max-md:hidden">
        {panels.map((name) => (
          <span key={name} className="relative">
            <CommandButton id={name} active={panel === name} />
            {name === "checklist" && problemCount > 0 && (
              <span
                aria-hidden
                className={clsx(
                  "pointer-events-none absolute -top-0.5 -right-0.5 min-w-4 rounded-full px-1 text-center text-[10px] leading-4 font-semibold",
                  hasErrors ? "bg-danger text-on-accent" : "bg-warn-soft text-warn",
                )}
              >
                {problemCount}
              </span>
            )}
          </span>
        ))}
      </nav>
      <span className="md:hidden">
        <Menu
          trigger={
            <Button size="small" variant="quiet" aria-label={t("workflow.canvas.panels")}>
              <Ellipsis size={16} strokeWidth={1.5} aria-hidden />
            </Button>
          }
        >
          {panels.map((name) => (
            <CommandItem key={name} id={name} aside={name === "checklist" && problemCount > 0 ? ` (${problemCount})` : ""} />
          ))}
        </Menu>
      </span>
      <CommandButton id="run" />
      <span className="ml-1 flex">
        <Button variant="primary" size="small" className="rounded-r-none" disabled={!canPublish} onClick={() => run("publish")}>
          {label("publish")}
        </Button>
        <Menu
          trigger={
            <Button variant="primary" size="small" className="rounded-l-none border-l border-on-accent/25 px-1" aria-label={t("workflow.publish.menu")}>
              <ChevronDown size={14} aria-hidden />
            </Button>
          }
        >
          <PublishedLine />
          <CommandItem id="publish" />
          <CommandItem id="versions" />
          <MenuSeparator />
          {mode !== "rag-pipeline" && (
            <MenuItem disabled={siteUrl === null} onSelect={() => siteUrl !== null && window.open(siteUrl, "_blank", "noopener")}>
              {t("workflow.publish.run")}
            </MenuItem>
          )}
          {mode === "workflow" && (
            <MenuItem disabled={siteUrl === null} onSelect={() => siteUrl !== null && window.open(`${siteUrl}?mode=batch`, "_blank", "noopener")}>
              {t("workflow.publish.batch")}
            </MenuItem>
          )}
          {mode === "workflow" && (
            <MenuItem disabled={published == null} onSelect={() => void navigate({ to: "/app/$appId/overview", params: { appId } })}>
              {t("workflow.publish.tool")}
            </MenuItem>
          )}
          {mode === "advanced-chat" && (
            <MenuItem disabled={siteUrl === null || published == null} onSelect={() => void navigate({ to: "/app/$appId/overview", params: { appId }, search: { show: "embed" } })}>
              {t("workflow.publish.embed")}
            </MenuItem>
          )}
          {mode !== "rag-pipeline" && (
            <>
              <MenuItem disabled={published == null} onSelect={() => void navigate({ to: "/explore/installed/$appId", params: { appId } })}>
                {t("workflow.publish.explore")}
              </MenuItem>
              <MenuItem onSelect={() => void navigate({ to: "/app/$appId/develop", params: { appId } })}>{t("workflow.publish.api")}</MenuItem>
              <MenuSeparator />
            </>
          )}
          <CommandItem id="exportFile" />
          <CommandItem id="importFile" />
          <CommandItem id="exportImage" />
        </Menu>
      </span>
    </header>
  );
}

function CommandItem({ id, aside = "" }: { id: CommandId; aside?: string }) {
  const run = useRun();
  const enabled = useEnabled(id);
  const label = useCommandLabel()(id);
  const { icon: Icon, keys } = commandOf(id);
  return (
    <MenuItem icon={<Icon size={16} strokeWidth={1.5} aria-hidden />} disabled={!enabled} shortcut={keys?.[0]} onSelect={() => run(id)}>
      {label + aside}
    </MenuItem>
  );
}

function PublishedLine() {
  const { t } = useTranslation();
  const { data } = usePublished();
  const nameOf = useVersionName();
  return (
    <div className="px-2 py-1.5 text-12 text-muted">
      {data == null ? (
        t("workflow.publish.never")
      ) : (
        <>
          {t("workflow.publish.last", { name: nameOf(data) })} <Time at={data.created_at} />
        </>
      )}
    </div>
  );
}

/** "Saved 14:03:22", or what keeps it from being saved. */
function SaveLine() {
  const { t, i18n } = useTranslation();
  const saving = useSaving();
  const status = useSaveState((state) => state.status);
  const savedAt = useSaveState((state) => state.savedAt);
  const { data } = usePublished();
  const nameOf = useVersionName();
  const failed = status === "failed" || status === "conflict";
  const Icon = failed ? CloudAlert : status === "saved" ? CloudCheck : RefreshCw;
  const time = new Intl.DateTimeFormat(i18n.language, { timeStyle: "medium" }).format(savedAt);
  return (
    <div className="flex min-w-0 flex-1 items-center gap-2 text-12 text-muted">
      <span role="status" className={clsx("flex min-w-0 items-center gap-1.5", failed && "text-danger")}>
        <Icon size={14} strokeWidth={1.5} aria-hidden className="shrink-0" />
        <span className="truncate" data-save={status}>
          {t(`workflow.saving.${status}`, { time })}
        </span>
      </span>
      {status === "failed" && (
        <Button size="small" onClick={() => void saving.flush()}>
          {t("common.retry")}
        </Button>
      )}
      <span className="truncate max-sm:hidden">{data == null ? t("workflow.publish.never") : t("workflow.publish.last", { name: nameOf(data) })}</span>
    </div>
  );
}

const OPERATIONS: readonly CommandId[] = ["add", "note", "pointer", "hand", "organise", "maximise"];

/** Left on the canvas: what one does most. */
export function OperatorBar() {
  const { t } = useTranslation();
  const tool = useCanvas((state) => state.tool);
  const maximised = useCanvas((state) => state.maximised);
  const editable = useWorkflow((state) => state.editable);
  const shown = editable ? OPERATIONS : (["pointer", "hand", "maximise"] as const);
  return (
    <div role="toolbar" aria-label={t("workflow.canvas.tools")} aria-orientation="vertical" className={`${BAR} absolute top-3 left-3 flex-col`}>
      {shown.map((id) => (
        <CommandButton key={id} id={id} active={id === tool || (id === "maximise" && maximised)} />
      ))}
    </div>
  );
}

export const BAR = "z-5 flex gap-0.5 rounded-card border border-line bg-surface p-1";

const STEPS = [25, 50, 75, 100, 200];
const STEP_KEYS: Readonly<Record<number, string>> = { 50: "shift+5", 100: "shift+1" };

/** Below on the canvas: zoom, undo, the list of steps. */
export function ViewBar() {
  const { t } = useTranslation();
  const zoom = useFlowStore((state) => Math.round(state.transform[2] * 100));
  const { zoomTo } = useReactFlow();
  return (
    <div role="toolbar" aria-label={t("workflow.canvas.view")} className={BAR}>
      <CommandButton id="zoomOut" className="max-sm:hidden" />
      <Menu
        side="top"
        align="start"
        trigger={
          <Button size="small" variant="quiet" className="h-8 w-13 tabular" aria-label={t("workflow.canvas.zoom", { zoom })}>
            {`${zoom} %`}
          </Button>
        }
      >
        {STEPS.map((step) => (
          <MenuItem key={step} shortcut={STEP_KEYS[step]} onSelect={() => void zoomTo(step / 100, { duration: 120 })}>
            {`${step} %`}
          </MenuItem>
        ))}
        <MenuSeparator />
        {(["fit", "zoomIn", "zoomOut", "locate", "minimap"] as const).map((id) => (
          <CommandItem key={id} id={id} />
        ))}
      </Menu>
      <CommandButton id="zoomIn" className="max-sm:hidden" />
      <CommandButton id="fit" />
      <CommandButton id="undo" />
      <CommandButton id="redo" />
      <CommandButton id="history" />
      <CommandButton id="shortcuts" className="max-sm:hidden" />
    </div>
  );
}

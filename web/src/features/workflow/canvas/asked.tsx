import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { withTexts } from "@/i18n/i18n";
import type { ListedProblem } from "../checklist/problems";
import { useSaveState, useSaving, useWorkflowStore } from "../store";
import type { Block } from "../store/api";
import { deleteSelected } from "./commands";
import { downloadFile } from "./download";
import { useCanvas, useCanvasStore } from "./ui";

const palette = () => import("../palette/palette");
const connectList = () => import("../palette/connect");
const canvasMenu = () => import("./canvas-menu");
const candidate = () => import("./candidate");

const Palette = lazy(async () => ({ default: (await palette()).Palette }));
const ConnectList = lazy(async () => ({ default: (await connectList()).ConnectList }));
const CanvasMenu = lazy(async () => ({ default: (await canvasMenu()).CanvasMenu }));
const Candidate = lazy(async () => ({ default: (await candidate()).Candidate }));
const ConfirmDialog = lazy(async () => ({ default: (await import("@/ui/confirm-dialog")).ConfirmDialog }));
const ImportDialog = lazy(async () => ({ default: (await import("../versions/import-dialog")).ImportDialog }));
const NodeTold = lazy(() => withTexts("nodes", import("../panels/node-told")));
const PublishDialog = lazy(async () => ({ default: (await import("../versions/publish-dialog")).PublishDialog }));
const ConflictDialog = lazy(async () => ({ default: (await import("../versions/conflict-dialog")).ConflictDialog }));

/** Fetches what answers to the first click or key, so that it is there by then. */
export async function warmUp(): Promise<void> {
  await Promise.all([palette(), connectList(), canvasMenu(), candidate()]);
}

interface AskedProps {
  blocks: readonly Block[];
  problems: readonly ListedProblem[];
  name: string;
  surface: () => HTMLElement | null;
}

/** What opens over the canvas when it is asked for: menus, lists to choose from, dialogs. */
export function Asked({ blocks, problems, name, surface }: AskedProps) {
  const menu = useCanvas((state) => state.menu !== null);
  const choosing = useCanvas((state) => state.palette !== null);
  const connecting = useCanvas((state) => state.connectFrom !== null);
  const conflict = useSaveState((state) => state.conflict !== null);
  return (
    <>
      <Suspense>{menu && <CanvasMenu />}</Suspense>
      <Suspense>{choosing && <Palette blocks={blocks} surface={surface} />}</Suspense>
      <Suspense>{connecting && <ConnectList surface={surface} />}</Suspense>
      <Suspense>{conflict && <ConflictDialog />}</Suspense>
      <Suspense>
        <Dialogs problems={problems} name={name} />
      </Suspense>
    </>
  );
}

/** The node that is to be put down, over the canvas. */
export function Carried() {
  const carrying = useCanvas((state) => state.candidate !== null);
  return <Suspense>{carrying && <Candidate />}</Suspense>;
}

function Dialogs({ problems, name }: { problems: readonly ListedProblem[]; name: string }) {
  const { t } = useTranslation();
  const store = useWorkflowStore();
  const canvas = useCanvasStore();
  const saving = useSaving();
  const dialog = useCanvas((state) => state.dialog);
  const close = () => canvas.setState({ dialog: null });
  if (dialog === null) return null;
  if (dialog === "publish") return <PublishDialog problems={problems} onClose={close} />;
  if (dialog === "import") return <ImportDialog onBackup={() => downloadFile(saving.flush, store.getState(), name)} onClose={close} />;
  if ("tell" in dialog) return <NodeTold nodeId={dialog.id} topic={dialog.tell} onClose={close} />;
  const { children, readers } = dialog;
  return (
    <ConfirmDialog
      title={t("workflow.delete.title", { count: dialog.ids.length })}
      text={
        <>
          {children > 0 && <p>{t("workflow.delete.children", { count: children })}</p>}
          {readers.length > 0 && <p>{t("workflow.delete.readers", { nodes: readers.join(", ") })}</p>}
        </>
      }
      action={t("workflow.commands.delete")}
      onClose={close}
      onConfirm={() => deleteSelected({ store })}
    />
  );
}

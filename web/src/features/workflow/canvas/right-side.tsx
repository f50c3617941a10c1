import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { withTexts } from "@/i18n/i18n";
import type { ListedProblem } from "../checklist/problems";
import { useWorkflow } from "../store";
import type { Viewing } from "../versions/viewing";
import { Inspector } from "./inspector";
import { SidePanel } from "./side-panel";
import { useCanvas, useCanvasStore } from "./ui";

// What one asks for is loaded when one asks.
const FeaturesPanel = lazy(() => withTexts(["annotations", "editors", "extensions", "orchestration", "panels"], import("../features/features-panel")));
const HistoryPanel = lazy(async () => ({ default: (await import("./history-panel")).HistoryPanel }));
const QuestionsPanel = lazy(async () => ({ default: (await withTexts(["editors", "panels", "pipelines"], import("./questions-panel"))).QuestionsPanel }));
const SystemPanel = lazy(async () => ({ default: (await import("./variables-panel")).SystemPanel }));
const VariablesPanel = lazy(async () => ({ default: (await import("./variables-panel")).VariablesPanel }));
const ChecklistPanel = lazy(async () => ({ default: (await import("../checklist/checklist-panel")).ChecklistPanel }));
const VersionsPanel = lazy(async () => ({ default: (await import("../versions/versions-panel")).VersionsPanel }));

interface RightSideProps {
  accountId: string;
  problems: readonly ListedProblem[];
  viewing: Viewing | null;
  onView: (viewing: Viewing | null) => void;
}

/** Beside the canvas: the settings of the open node, or the panel that was asked for. */
export function RightSide({ accountId, problems, viewing, onView }: RightSideProps) {
  const { t } = useTranslation();
  const canvas = useCanvasStore();
  const panel = useCanvas((state) => state.panel);
  const nodeId = useWorkflow((state) => state.panelNodeId);
  const close = () => {
    if (panel === "versions") onView(null);
    canvas.setState({ panel: null });
  };
  if (panel === null) return nodeId === null || viewing !== null ? null : <Inspector nodeId={nodeId} />;
  const content = {
    environment: <VariablesPanel key="env" space="env" onClose={close} />,
    conversation: <VariablesPanel key="conversation" space="conversation" onClose={close} />,
    questions: <QuestionsPanel onClose={close} />,
    system: <SystemPanel onClose={close} />,
    features: <FeaturesPanel onClose={close} />,
    checklist: <ChecklistPanel problems={problems} onClose={close} />,
    versions: <VersionsPanel accountId={accountId} viewing={viewing} onView={onView} onClose={close} />,
    history: <HistoryPanel onClose={close} />,
  }[panel];
  return (
    <SidePanel label={t(`workflow.commands.${panel}`)}>
      <Suspense>{content}</Suspense>
    </SidePanel>
  );
}

import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { withTexts } from "@/i18n/i18n";
import { Spinner } from "@/ui/spinner";
import { byId } from "../graph/lookup";
import { useWorkflow } from "../store";
import { SidePanel } from "./side-panel";

const NodePanel = lazy(() => withTexts(["editors", "nodes", "panels"], import("../panels/node-panel")));

/** The settings of a node, right of the canvas. */
export function Inspector({ nodeId }: { nodeId: string }) {
  const { t } = useTranslation();
  const title = useWorkflow((state) => byId(state.nodes).get(nodeId)?.data.title ?? "");
  return (
    <SidePanel label={t("workflow.panel.of", { title })}>
      <Suspense fallback={<p className="flex justify-center p-6 text-muted">{<Spinner />}</p>}>
        <NodePanel key={nodeId} nodeId={nodeId} />
      </Suspense>
    </SidePanel>
  );
}

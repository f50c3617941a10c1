import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { ScopeContext, useScopeOf } from "@/features/variables/scope-context";
import { useNodeType } from "@/features/schema-form/node-types";
import { byId } from "../graph/lookup";
import { useNode, useWorkflow } from "../store";
import { ErrorSection, RetrySection } from "./failure-sections";
import { NextSteps } from "./next-steps";
import { OutputsSection } from "./outputs-section";
import { PanelContext } from "./panel-context";
import { Settings } from "./settings";
import { TitleFields } from "./title-fields";

/** The settings of a node: its title, what it is set to, what it gives, what happens when it fails, what comes next. */
export default function NodePanel({ nodeId }: { nodeId: string }) {
  const { t } = useTranslation();
  const node = useNode(nodeId);
  const editable = useWorkflow((state) => state.editable);
  const container = useWorkflow((state) => byId(state.nodes).get(node?.parentId ?? ""));
  const scope = useScopeOf(nodeId);
  const type = useNodeType(node?.data.type ?? "");
  const panel = useMemo(() => ({ nodeId, disabled: !editable }), [nodeId, editable]);
  if (node === undefined) return null;
  return (
    <PanelContext value={panel}>
      <ScopeContext value={scope}>
        <div className="@container flex min-h-0 min-w-0 flex-1 flex-col gap-5 overflow-x-hidden overflow-y-auto p-4 text-13 *:shrink-0" data-node-panel={node.data.type}>
          <TitleFields node={node} type={type} />
          {container !== undefined && <p className="text-12 text-muted">{t("panels.inside", { title: container.data.title })}</p>}
          <Settings key={nodeId} node={node} type={type} />
          <OutputsSection node={node} />
          {type?.retries === true && <RetrySection />}
          {type?.handles_errors === true && <ErrorSection node={node} />}
          <NextSteps node={node} />
        </div>
      </ScopeContext>
    </PanelContext>
  );
}

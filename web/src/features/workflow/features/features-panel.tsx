import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { ReplyCard } from "@/features/annotations/reply-card";
import { Block } from "@/features/orchestration/block";
import type { Change } from "@/features/orchestration/configuration";
import { FeatureSwitches, OF_CHATS } from "@/features/orchestration/features-block";
import { OpeningFields } from "@/features/orchestration/opening-fields";
import { placeholders } from "@/features/orchestration/placeholders";
import { variablesIn } from "@/features/orchestration/variables";
import { Panel } from "../canvas/side-panel";
import { startForm } from "../running/start-fields";
import { useWorkflow } from "../store";
import { FilesFields } from "./files-fields";

/** What surrounds the answers of a chatflow, and the files that a flow takes; part of the draft (spec console §6.6). */
export default function FeaturesPanel({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const appId = useWorkflow((state) => state.appId);
  const mode = useWorkflow((state) => state.mode);
  const disabled = useWorkflow((state) => !state.editable);
  const features = useWorkflow((state) => state.features);
  const change: Change = useWorkflow((state) => state.changeFeatures);
  const props = { configuration: features, change, disabled };
  return (
    <Panel title={t("workflow.commands.features")} onClose={onClose}>
      <fieldset disabled={disabled} className="flex min-w-0 flex-col gap-3">
        <legend className="sr-only">{t("workflow.commands.features")}</legend>
        {mode === "advanced-chat" && <Opening {...props} />}
        <FilesFields {...props} mode={mode} />
        {mode === "advanced-chat" && (
          <>
            <FeatureSwitches {...props} names={OF_CHATS} />
            <ReplyCard appId={appId} />
          </>
        )}
      </fieldset>
    </Panel>
  );
}

function Opening(props: { configuration: Parameters<typeof OpeningFields>[0]["configuration"]; change: Change; disabled: boolean }) {
  const { t } = useTranslation();
  const nodes = useWorkflow((state) => state.nodes);
  const vocabulary = useMemo(() => placeholders(t, { variables: variablesIn({ user_input_form: startForm(nodes) as never }) }), [t, nodes]);
  return (
    <Block title={t("orchestration.opening")} hint={t("orchestration.openingHint")}>
      <OpeningFields {...props} vocabulary={vocabulary} />
    </Block>
  );
}

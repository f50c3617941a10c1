import { Plus, Trash2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { PromptEditor } from "@/features/editors/prompt-editor";
import { SortableList } from "@/features/editors/sortable-list";
import { VariableField } from "@/features/variables/variable-field";
import { Button, IconButton } from "@/ui/button";
import type { Selector } from "../../graph/types";
import { useWorkflow } from "../../store";
import { withoutLooseEdges } from "../../graph/editing";
import { usePanel } from "../panel-context";
import { Folded, Section } from "../section";
import { MemorySection, ModelSection, VisionSection } from "./model-parts";
import { withItem, type ModelData } from "./shared";

interface ClassifierData extends ModelData {
  query_variable_selector: Selector;
  classes: { id: string; name?: string }[];
  instruction: string | null;
}

export default function QuestionClassifierPanel() {
  const { t } = useTranslation();
  const { nodeId, data, set, disabled } = usePanel<ClassifierData>();
  const edit = useWorkflow((state) => state.edit);
  const classes = data.classes ?? [];
  const removeClass = (at: number) =>
    // The way out of a class goes with it.
    edit({ kind: "nodeChanged", subject: data.title }, (doc) =>
      withoutLooseEdges(
        { ...doc, nodes: doc.nodes.map((node) => (node.id === nodeId ? { ...node, data: { ...node.data, classes: classes.filter((_, other) => other !== at) } } : node)) },
        nodeId,
      ),
    );
  return (
    <>
      <ModelSection />
      <Section title={t("panels.classifier.question")} required>
        <VariableField
          label={t("panels.classifier.question")}
          value={data.query_variable_selector}
          accepted={["string"]}
          disabled={disabled}
          onChange={(query_variable_selector) => set({ query_variable_selector })}
        />
      </Section>
      <VisionSection />
      <Section title={t("panels.classifier.classes")} hint={t("panels.classifier.hint")} required>
        <SortableList
          items={classes}
          disabled={disabled}
          nameOf={(each, at) => each.name || t("panels.classifier.class", { number: at + 1 })}
          onChange={(sorted) => set({ classes: sorted })}
          render={(each, at, handle) => (
            <PromptEditor
              label={t("panels.classifier.class", { number: at + 1 })}
              placeholder={t("panels.classifier.classHint")}
              value={each.name ?? ""}
              disabled={disabled}
              minHeight={36}
              onChange={(name) => set({ classes: withItem(classes, at, { ...each, name }) })}
              head={
                <span className="-ms-1.5 flex items-center gap-1">
                  {handle}
                  {t("panels.classifier.class", { number: at + 1 })}
                </span>
              }
              tools={
                classes.length > 1 && !disabled ? (
                  <IconButton label={t("panels.removeItem", { name: each.name || t("panels.classifier.class", { number: at + 1 }) })} onClick={() => removeClass(at)}>
                    <Trash2 size={14} strokeWidth={1.5} />
                  </IconButton>
                ) : null
              }
            />
          )}
        />
        {!disabled && (
          <Button
            variant="quiet"
            size="small"
            className="self-start"
            icon={<Plus size={14} strokeWidth={1.5} />}
            onClick={() => set({ classes: [...classes, { id: String(Date.now()), name: "" }] })}
          >
            {t("panels.classifier.add")}
          </Button>
        )}
      </Section>
      <Folded title={t("panels.advanced")} open={Boolean(data.instruction)}>
        <div className="flex flex-col gap-4">
          <PromptEditor
            label={t("panels.classifier.instruction")}
            value={data.instruction ?? ""}
            placeholder={t("panels.classifier.instructionHint")}
            disabled={disabled}
            onChange={(instruction) => set({ instruction })}
          />
          <MemorySection question={false} />
        </div>
      </Folded>
    </>
  );
}

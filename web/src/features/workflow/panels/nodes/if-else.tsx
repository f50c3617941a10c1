import { Plus, Trash2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { ConditionList } from "@/features/conditions/condition-list";
import { freshId, type Condition, type Logic } from "@/features/conditions/conditions";
import { SortableList } from "@/features/editors/sortable-list";
import { Button, IconButton } from "@/ui/button";
import { withoutLooseEdges } from "../../graph/editing";
import type { NodeData } from "../../graph/types";
import { useWorkflow } from "../../store";
import { usePanel } from "../panel-context";
import { Section } from "../section";
import { withItem, withoutItem } from "./shared";

interface Case {
  case_id: string;
  id?: string;
  logical_operator?: Logic;
  conditions?: Condition[];
}

interface IfElseData {
  cases: Case[] | null;
  conditions: Condition[] | null;
  logical_operator: Logic;
}

export default function IfElsePanel() {
  const { t } = useTranslation();
  const { nodeId, data, set, disabled } = usePanel<IfElseData>();
  const edit = useWorkflow((state) => state.edit);
  const cases = casesOf(data);
  const removeCase = (at: number) =>
    edit({ kind: "nodeChanged", subject: data.title }, (doc) =>
      withoutLooseEdges(
        { ...doc, nodes: doc.nodes.map((node) => (node.id === nodeId ? { ...node, data: { ...node.data, cases: withoutItem(cases, at) } as unknown as NodeData } : node)) },
        nodeId,
      ),
    );
  return (
    <>
      <SortableList
        items={cases}
        disabled={disabled}
        className="gap-4!"
        nameOf={(_, at) => t("panels.ifElse.case", { number: at + 1 })}
        onChange={(sorted) => set({ cases: sorted })}
        render={(each, at, handle) => (
          <Section
            title={at === 0 ? t("panels.ifElse.if") : t("panels.ifElse.elif")}
            aside={
              <>
                {cases.length > 1 && !disabled && (
                  <IconButton label={t("panels.removeItem", { name: t("panels.ifElse.case", { number: at + 1 }) })} onClick={() => removeCase(at)}>
                    <Trash2 size={14} strokeWidth={1.5} />
                  </IconButton>
                )}
                {handle}
              </>
            }
          >
            <ConditionList
              label={t("panels.ifElse.case", { number: at + 1 })}
              conditions={each.conditions ?? []}
              logic={each.logical_operator ?? "and"}
              disabled={disabled}
              onChange={(conditions, logical_operator) => set({ cases: withItem(cases, at, { ...each, conditions, logical_operator }) })}
            />
          </Section>
        )}
      />
      {!disabled && (
        <Button
          size="small"
          className="self-start"
          icon={<Plus size={14} strokeWidth={1.5} />}
          onClick={() => {
            const id = freshId();
            set({ cases: [...cases, { case_id: id, id, logical_operator: "and", conditions: [] }] });
          }}
        >
          {t("panels.ifElse.add")}
        </Button>
      )}
      <Section title={t("panels.ifElse.else")} hint={t("panels.ifElse.elseHint")} />
    </>
  );
}

/** The cases; conditions of older files, which had none, as the first. */
function casesOf(data: Partial<IfElseData>): Case[] {
  if (data.cases !== null && data.cases !== undefined && data.cases.length > 0) return data.cases;
  return [{ case_id: "true", id: "true", logical_operator: data.logical_operator ?? "and", conditions: data.conditions ?? [] }];
}

import { ChevronDown, Import, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { CommittedInput } from "@/features/editors/committed-input";
import { PromptEditor } from "@/features/editors/prompt-editor";
import { Segmented } from "@/ui/segmented";
import { SortableList } from "@/features/editors/sortable-list";
import { Switch } from "@/ui/switch";
import { LINES, TagInput } from "@/ui/tag-input";
import { nameProblem } from "@/features/variables/tokens";
import { VariableField } from "@/features/variables/variable-field";
import { Button, IconButton } from "@/ui/button";
import { NativeSelect, TextArea } from "@/ui/field";
import type { Selector } from "../../graph/types";
import { usePanel } from "../panel-context";
import { Folded, Row, Section } from "../section";
import { useRemoveOutput, useRenameOutput } from "../use-outputs";
import { MemorySection, ModelSection, VisionSection } from "./model-parts";
import { freeName, withItem, withoutItem, type ModelData } from "./shared";
import { ToolPicker } from "./tool-picker";
import type { ToolParameter } from "./tools";

interface Parameter {
  name: string;
  type?: string;
  description?: string;
  required?: boolean;
  options?: string[] | null;
}

interface ExtractorData extends ModelData {
  query: Selector;
  parameters: Parameter[];
  instruction: string | null;
  reasoning_mode: string | null;
}

const TYPES = ["string", "number", "boolean", "select", "array[string]", "array[number]", "array[boolean]", "array[object]"] as const;
const RESERVED = ["__reason", "__is_success", "__usage"];

export default function ParameterExtractorPanel() {
  const { t } = useTranslation();
  const { nodeId, data, set, disabled } = usePanel<ExtractorData>();
  const rename = useRenameOutput<ExtractorData>(nodeId);
  const { remove, dialog } = useRemoveOutput(nodeId);
  const [open, setOpen] = useState<string | null>(null);
  const [importing, setImporting] = useState(false);
  const parameters = data.parameters ?? [];
  const names = parameters.map((each) => each.name);
  const change = (at: number, part: Partial<Parameter>) => {
    const before = parameters[at];
    if (before !== undefined) set({ parameters: withItem(parameters, at, { ...before, ...part }) });
  };
  return (
    <>
      <ModelSection />
      <Section title={t("panels.extractor.text")} required>
        <VariableField label={t("panels.extractor.text")} value={data.query} accepted={["string", "array[string]"]} disabled={disabled} onChange={(query) => set({ query })} />
      </Section>
      <VisionSection />
      <Section
        title={t("panels.extractor.parameters")}
        required
        aside={
          disabled ? null : (
            <ToolPicker
              open={importing}
              onOpenChange={setImporting}
              onChoose={(_, tool) => {
                setImporting(false);
                const fresh = tool.parameters.map(asParameter).filter((each) => !names.includes(each.name));
                set({ parameters: [...parameters, ...fresh] });
              }}
              trigger={
                <Button variant="quiet" size="small" icon={<Import size={14} strokeWidth={1.5} />}>
                  {t("panels.extractor.import")}
                </Button>
              }
            />
          )
        }
      >
        <SortableList
          items={parameters}
          disabled={disabled}
          nameOf={(each) => each.name}
          onChange={(sorted) => set({ parameters: sorted })}
          render={(parameter, at, handle) => (
            <div className="rounded-card border border-line bg-surface">
              <div className="flex min-h-9 items-center gap-1 px-1.5">
                {handle}
                <button
                  type="button"
                  aria-expanded={open === parameter.name}
                  onClick={() => setOpen(open === parameter.name ? null : parameter.name)}
                  className="flex min-w-0 flex-1 items-center gap-2 py-1.5 text-start"
                >
                  <span className="min-w-0 truncate font-mono text-12 font-medium">{parameter.name}</span>
                  <span className="shrink-0 text-12 text-muted">{parameter.type}</span>
                  <span className="min-w-0 flex-1 truncate text-12 text-muted">{parameter.description}</span>
                  {parameter.required === true && <span className="text-12 text-muted">{t("panels.start.required")}</span>}
                  <ChevronDown size={14} strokeWidth={1.5} className={open === parameter.name ? "shrink-0 rotate-180 text-muted" : "shrink-0 text-muted"} />
                </button>
                {!disabled && (
                  <IconButton
                    label={t("panels.removeItem", { name: parameter.name })}
                    onClick={() => remove([parameter.name], () => set({ parameters: withoutItem(parameters, at) }))}
                  >
                    <Trash2 size={14} strokeWidth={1.5} />
                  </IconButton>
                )}
              </div>
              {open === parameter.name && (
                <div className="flex flex-col gap-3 border-t border-line p-3">
                  <Row label={t("panels.extractor.name")} stacked>
                    <CommittedInput
                      label={t("panels.extractor.name")}
                      value={parameter.name}
                      disabled={disabled}
                      check={(name) => {
                        const problem = nameProblem(name, [...names.filter((_, other) => other !== at), ...RESERVED]);
                        return problem === null ? null : t(`editors.name.${problem}`);
                      }}
                      onCommit={(name) => {
                        rename(parameter.name, name, (draft) => {
                          const renamed = draft.parameters?.[at];
                          if (renamed !== undefined) renamed.name = name;
                        });
                        setOpen(name);
                      }}
                      className="font-mono"
                    />
                  </Row>
                  <Row label={t("panels.extractor.type")}>
                    <NativeSelect
                      aria-label={t("panels.extractor.type")}
                      value={parameter.type === "bool" ? "boolean" : (parameter.type ?? "string")}
                      disabled={disabled}
                      onChange={(event) => change(at, { type: event.target.value })}
                      className="h-8! w-44! text-13!"
                    >
                      {TYPES.map((type) => (
                        <option key={type}>{type}</option>
                      ))}
                    </NativeSelect>
                  </Row>
                  {parameter.type === "select" && (
                    <Row label={t("panels.start.options")} stacked>
                      <TagInput separator={LINES}
                        label={t("panels.start.options")}
                        placeholder={t("panels.start.optionsHint")}
                        value={parameter.options ?? []}
                        disabled={disabled}
                        onChange={(options) => change(at, { options })}
                      />
                    </Row>
                  )}
                  <Row label={t("panels.extractor.description")} stacked>
                    <TextArea
                      aria-label={t("panels.extractor.description")}
                      value={parameter.description ?? ""}
                      placeholder={t("panels.extractor.descriptionHint")}
                      disabled={disabled}
                      onChange={(event) => change(at, { description: event.target.value })}
                      className="min-h-14! text-13!"
                    />
                  </Row>
                  <Row label={t("panels.start.requiredLong")}>
                    <Switch bare label={t("panels.start.requiredLong")} checked={parameter.required === true} disabled={disabled} onChange={(required) => change(at, { required })} />
                  </Row>
                </div>
              )}
            </div>
          )}
        />
        {!disabled && (
          <Button
            variant="quiet"
            size="small"
            className="self-start"
            icon={<Plus size={14} strokeWidth={1.5} />}
            onClick={() => {
              const name = freeName("value", names);
              set({ parameters: [...parameters, { name, type: "string", description: "", required: false }] });
              setOpen(name);
            }}
          >
            {t("panels.extractor.add")}
          </Button>
        )}
      </Section>
      <Section title={t("panels.extractor.instruction")}>
        <PromptEditor
          label={t("panels.extractor.instruction")}
          value={data.instruction ?? ""}
          placeholder={t("panels.extractor.instructionHint")}
          disabled={disabled}
          onChange={(instruction) => set({ instruction })}
        />
      </Section>
      <Folded title={t("panels.advanced")}>
        <div className="flex flex-col gap-4">
          <MemorySection question={false} />
          <Row label={t("panels.extractor.mode")} stacked>
            <Segmented
              label={t("panels.extractor.mode")}
              value={data.reasoning_mode === "prompt" ? "prompt" : "function_call"}
              disabled={disabled}
              onChange={(reasoning_mode) => set({ reasoning_mode })}
              options={[
                { value: "function_call", label: t("panels.extractor.byTool") },
                { value: "prompt", label: t("panels.extractor.byPrompt") },
              ]}
            />
          </Row>
        </div>
      </Folded>
      {dialog}
    </>
  );
}

/** A parameter of a tool as something to find in a text. */
function asParameter(parameter: ToolParameter): Parameter {
  const known = TYPES.find((type) => type === parameter.type);
  return {
    name: parameter.name,
    type: known ?? "string",
    description: parameter.llm_description ?? "",
    required: parameter.required === true,
    ...(parameter.type === "select" ? { options: (parameter.options ?? []).map((option) => option.value) } : {}),
  };
}

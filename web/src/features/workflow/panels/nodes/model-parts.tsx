import { useTranslation } from "react-i18next";
import { NumberSlider } from "@/features/editors/number-slider";
import { PromptEditor } from "@/features/editors/prompt-editor";
import { Segmented } from "@/ui/segmented";
import { Switch } from "@/ui/switch";
import { hasFeature, useModel } from "@/features/model-picker/models";
import { ModelField } from "@/features/model-picker/model-field";
import { VariableField } from "@/features/variables/variable-field";
import { TextInput } from "@/ui/field";
import { useWorkflow } from "../../store";
import { usePanel } from "../panel-context";
import { Row, Section } from "../section";
import type { MemoryData, ModelData, VisionData } from "./shared";

export function ModelSection() {
  const { t } = useTranslation();
  const { data, set, disabled } = usePanel<ModelData>();
  return (
    <Section title={t("panels.model.title")} required>
      <ModelField value={data.model} disabled={disabled} onChange={(model) => set({ model })} />
    </Section>
  );
}

/** Earlier exchanges, and the question of the person: only where there is a conversation. */
export function MemorySection({ prefixes = false, question = true }: { prefixes?: boolean; question?: boolean }) {
  const { t } = useTranslation();
  const { data, set, disabled } = usePanel<{ memory: MemoryData | null }>();
  const chat = useWorkflow((state) => state.mode === "advanced-chat");
  const memory = data.memory ?? null;
  if (!chat && memory === null) return null;
  const size = Number(memory?.window?.size ?? 50);
  const limited = memory?.window?.enabled === true;
  return (
    <Section
      title={t("panels.memory.title")}
      hint={t("panels.memory.hint")}
      aside={
        <Switch bare
          label={t("panels.memory.title")}
          checked={memory !== null}
          disabled={disabled}
          onChange={(on) => set({ memory: on ? { window: { enabled: false, size: 50 }, query_prompt_template: "{{#sys.query#}}" } : null })}
        />
      }
    >
      {memory !== null && (
        <>
          <Row label={t("panels.memory.window")}>
            <Switch bare label={t("panels.memory.window")} checked={limited} disabled={disabled} onChange={(enabled) => set({ memory: { ...memory, window: { size: 50, ...memory.window, enabled } } })} />
          </Row>
          {limited && (
            <NumberSlider
              label={t("panels.memory.size")}
              value={size}
              min={1}
              max={100}
              disabled={disabled}
              onChange={(next) => set({ memory: { ...memory, window: { enabled: true, size: Math.min(100, Math.max(1, Math.round(next))) } } })}
            />
          )}
          {question && (
            <PromptEditor
              label={t("panels.memory.question")}
              value={memory.query_prompt_template ?? ""}
              placeholder="{{#sys.query#}}"
              disabled={disabled}
              minHeight={48}
              onChange={(query_prompt_template) => set({ memory: { ...memory, query_prompt_template } })}
            />
          )}
          {prefixes &&
            (["user", "assistant"] as const).map((role) => (
              <Row key={role} label={t(`panels.memory.${role}`)}>
                <TextInput
                  aria-label={t(`panels.memory.${role}`)}
                  value={memory.role_prefix?.[role] ?? ""}
                  disabled={disabled}
                  onChange={(event) => set({ memory: { ...memory, role_prefix: { ...memory.role_prefix, [role]: event.target.value } } })}
                  className="h-8! w-44! text-13!"
                />
              </Row>
            ))}
        </>
      )}
    </Section>
  );
}

/** Files that the model sees: offered where the model has eyes, and kept where it was switched on. */
export function VisionSection() {
  const { t } = useTranslation();
  const { data, set, disabled } = usePanel<ModelData & { vision: VisionData | null }>();
  const { model } = useModel("llm", data.model?.provider ?? "", data.model?.name ?? "");
  const vision = data.vision ?? {};
  const able = ["vision", "document", "audio", "video"].some((feature) => hasFeature(model, feature));
  const on = vision.enabled === true;
  const configs = vision.configs ?? {};
  return (
    <Section
      title={t("panels.vision.title")}
      hint={able ? t("panels.vision.hint") : t("panels.vision.unable")}
      aside={
        <Switch bare
          label={t("panels.vision.title")}
          checked={on}
          disabled={disabled || (!able && !on)}
          onChange={(enabled) => set({ vision: { ...vision, enabled, configs: { variable_selector: ["sys", "files"], detail: "high", ...vision.configs } } })}
        />
      }
    >
      {on && (
        <>
          <VariableField
            label={t("panels.vision.files")}
            value={configs.variable_selector ?? ["sys", "files"]}
            accepted={["file", "array[file]"]}
            disabled={disabled}
            onChange={(variable_selector) => set({ vision: { ...vision, configs: { detail: "high", ...configs, variable_selector } } })}
          />
          <Row label={t("panels.vision.detail")}>
            <Segmented
              label={t("panels.vision.detail")}
              value={configs.detail === "low" ? "low" : "high"}
              disabled={disabled}
              onChange={(detail) => set({ vision: { ...vision, configs: { variable_selector: ["sys", "files"], ...configs, detail } } })}
              options={[
                { value: "high", label: t("panels.vision.high") },
                { value: "low", label: t("panels.vision.low") },
              ]}
            />
          </Row>
        </>
      )}
    </Section>
  );
}

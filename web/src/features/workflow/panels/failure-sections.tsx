import { useTranslation } from "react-i18next";
import type { JsonValue } from "@/api/json";
import { parseJson } from "@/api/json";
import { JsonEditor } from "@/features/editors/json-editor";
import { NumberSlider } from "@/features/editors/number-slider";
import { Segmented } from "@/ui/segmented";
import { Switch } from "@/ui/switch";
import { GraphTypes } from "@/features/variables/scope";
import type { Variable } from "@/features/variables/types";
import { TextArea } from "@/ui/field";
import type { FlowNode } from "../graph/types";
import { useWorkflow } from "../store";
import { usePanel } from "./panel-context";
import { Row, Section } from "./section";

interface RetryData {
  retry_config: { retry_enabled?: boolean; max_retries?: number; retry_interval?: number } | null;
}

/** Further attempts after a failure (spec console §7.6). */
export function RetrySection() {
  const { t } = useTranslation();
  const { data, set, disabled } = usePanel<RetryData>();
  const retry = data.retry_config ?? {};
  const on = retry.retry_enabled === true;
  return (
    <Section
      title={t("panels.retry.title")}
      aside={
        <Switch bare
          label={t("panels.retry.title")}
          checked={on}
          disabled={disabled}
          onChange={(retry_enabled) =>
            set({ retry_config: { max_retries: 3, retry_interval: 1000, ...withoutZeros(retry), retry_enabled } })
          }
        />
      }
    >
      {on && (
        <div className="flex flex-col gap-2">
          <Row label={t("panels.retry.most")}>
            <NumberSlider
              label={t("panels.retry.most")}
              value={retry.max_retries ?? 3}
              min={1}
              max={10}
              disabled={disabled}
              onChange={(max_retries) => set({ retry_config: { ...retry, max_retries: bounded(max_retries, 1, 10) } })}
            />
          </Row>
          <Row label={t("panels.retry.interval")}>
            <NumberSlider
              label={t("panels.retry.interval")}
              value={retry.retry_interval ?? 1000}
              min={100}
              max={5000}
              step={100}
              disabled={disabled}
              onChange={(retry_interval) => set({ retry_config: { ...retry, retry_interval: bounded(retry_interval, 100, 5000) } })}
            />
          </Row>
        </div>
      )}
    </Section>
  );
}

function withoutZeros<T extends object>(record: T): Partial<T> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== 0 && value !== undefined)) as Partial<T>;
}

function bounded(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, Math.round(value)));
}

interface DefaultEntry {
  key: string;
  type: string;
  value: JsonValue;
}

interface ErrorData {
  error_strategy: string | null;
  default_value: DefaultEntry[] | null;
}

/** Outputs that have no place in a default value: the engine gives them itself. */
const NO_DEFAULT = new Set(["error_message", "error_type", "usage", "__usage", "reasoning_content"]);

/** What happens instead when the node fails for good. */
export function ErrorSection({ node }: { node: FlowNode }) {
  const { t } = useTranslation();
  const { data, set, disabled } = usePanel<ErrorData>();
  const outputs = useTypedOutputs(node).filter((output) => !NO_DEFAULT.has(output.name));
  const strategy = data.error_strategy === "default-value" || data.error_strategy === "fail-branch" ? data.error_strategy : "none";
  const choose = (next: "none" | "default-value" | "fail-branch") => {
    const entries = next === "default-value" && (data.default_value ?? []).length === 0 ? outputs.map(entryOf) : data.default_value;
    set({ error_strategy: next === "none" ? null : next, ...(entries === undefined ? {} : { default_value: entries }) });
  };
  return (
    <Section title={t("panels.error.title")}>
      <Segmented
        label={t("panels.error.title")}
        value={strategy}
        disabled={disabled}
        onChange={choose}
        options={(["none", "default-value", "fail-branch"] as const).map((value) => ({ value, label: t(`panels.error.${value}`) }))}
      />
      <p className="text-12 text-muted">{t(`panels.error.${strategy}-hint`)}</p>
      {strategy === "default-value" &&
        outputs.map((output) => {
          const entries = data.default_value ?? [];
          const entry = entries.find((each) => each.key === output.name) ?? entryOf(output);
          const change = (value: JsonValue) =>
            set({ default_value: [...entries.filter((each) => each.key !== output.name), { ...entry, type: entry.type, value }] });
          return <DefaultField key={output.name} entry={entry} disabled={disabled} onChange={change} />;
        })}
    </Section>
  );
}

function entryOf(output: Variable): DefaultEntry {
  const type = output.type === "any" ? "string" : output.type;
  const value = type === "string" ? "" : type === "number" ? 0 : type === "boolean" ? false : type === "object" ? "{}" : "[]";
  return { key: output.name, type, value };
}

function DefaultField({ entry, onChange, disabled }: { entry: DefaultEntry; onChange: (value: JsonValue) => void; disabled: boolean }) {
  const { t } = useTranslation();
  const label = t("panels.error.valueOf", { name: entry.key });
  const head = (
    <span className="font-mono text-12">
      {entry.key} <span className="font-sans text-muted">{entry.type}</span>
    </span>
  );
  if (entry.type === "string") {
    return (
      <div className="flex flex-col gap-1">
        {head}
        <TextArea aria-label={label} value={typeof entry.value === "string" ? entry.value : ""} disabled={disabled} onChange={(event) => onChange(event.target.value)} className="min-h-9! text-13!" />
      </div>
    );
  }
  if (entry.type === "number") {
    return (
      <Row label={entry.key}>
        <NumberSlider label={label} value={Number(entry.value)} disabled={disabled} onChange={onChange} step={0.01} />
      </Row>
    );
  }
  if (entry.type === "boolean") {
    return (
      <Row label={entry.key}>
        <Switch bare label={label} checked={entry.value === true} disabled={disabled} onChange={onChange} />
      </Row>
    );
  }
  // Files keep objects and lists as JSON text.
  const value = typeof entry.value === "string" ? parseJson(entry.value) : entry.value;
  const list = entry.type.startsWith("array");
  return (
    <JsonEditor
      label={label}
      head={head}
      value={value}
      disabled={disabled}
      minHeight={48}
      check={(json) => (Array.isArray(json) === list && (list || (typeof json === "object" && json !== null)) ? null : t("panels.error.unfit", { type: entry.type }))}
      onChange={(json) => onChange(JSON.stringify(json ?? (list ? [] : {})))}
    />
  );
}

function useTypedOutputs(node: FlowNode): readonly Variable[] {
  const nodes = useWorkflow((state) => state.nodes);
  const edges = useWorkflow((state) => state.edges);
  const environmentVariables = useWorkflow((state) => state.environmentVariables);
  const conversationVariables = useWorkflow((state) => state.conversationVariables);
  const pipelineVariables = useWorkflow((state) => state.pipelineVariables);
  const mode = useWorkflow((state) => state.mode);
  return new GraphTypes({ nodes, edges, environmentVariables, conversationVariables, pipelineVariables }, mode).outputsOf(node);
}

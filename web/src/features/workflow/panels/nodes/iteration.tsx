import { useTranslation } from "react-i18next";
import { NumberSlider } from "@/features/editors/number-slider";
import { Switch } from "@/ui/switch";
import { useScopeOf } from "@/features/variables/scope-context";
import { arrayOf, LISTS } from "@/features/variables/types";
import { VariableField } from "@/features/variables/variable-field";
import type { Selector } from "../../graph/types";
import { usePanel } from "../panel-context";
import { Row, Section } from "../section";
import { NativeSelect } from "@/ui/field";

interface IterationData {
  iterator_selector: Selector;
  iterator_input_type: string;
  output_selector: Selector;
  output_type: string;
  is_parallel: boolean;
  parallel_nums: number;
  error_handle_mode: string;
  flatten_output: boolean;
}

const MODES = ["terminated", "continue-on-error", "remove-abnormal-output"] as const;

export default function IterationPanel() {
  const { t } = useTranslation();
  const { nodeId, data, set, disabled } = usePanel<IterationData>();
  const body = useScopeOf(nodeId, true);
  return (
    <>
      <Section title={t("panels.iteration.input")} required>
        <VariableField
          label={t("panels.iteration.input")}
          value={data.iterator_selector}
          accepted={LISTS}
          disabled={disabled}
          onChange={(iterator_selector, type) => set({ iterator_selector, iterator_input_type: type })}
        />
      </Section>
      <Section title={t("panels.iteration.output")} hint={t("panels.iteration.outputHint")} required>
        <VariableField
          label={t("panels.iteration.output")}
          value={data.output_selector}
          scope={body}
          disabled={disabled}
          onChange={(output_selector, type) => set({ output_selector, output_type: type.startsWith("array[") ? type : arrayOf(type) })}
        />
      </Section>
      <Section title={t("panels.iteration.rounds")}>
        <Row label={t("panels.iteration.parallel")} hint={t("panels.iteration.parallelHint")}>
          <Switch bare label={t("panels.iteration.parallel")} checked={data.is_parallel === true} disabled={disabled} onChange={(is_parallel) => set({ is_parallel })} />
        </Row>
        {data.is_parallel === true && (
          <Row label={t("panels.iteration.most")}>
            <NumberSlider
              label={t("panels.iteration.most")}
              value={data.parallel_nums ?? 10}
              min={1}
              max={10}
              disabled={disabled}
              onChange={(count) => set({ parallel_nums: Math.min(10, Math.max(1, Math.round(count))) })}
            />
          </Row>
        )}
        <Row label={t("panels.iteration.errors")} stacked>
          <NativeSelect
            aria-label={t("panels.iteration.errors")}
            value={data.error_handle_mode ?? "terminated"}
            disabled={disabled}
            onChange={(event) => set({ error_handle_mode: event.target.value })}
            className="h-8! text-13!"
          >
            {MODES.map((mode) => (
              <option key={mode} value={mode}>
                {t(`panels.iteration.${mode}`)}
              </option>
            ))}
          </NativeSelect>
        </Row>
        <Row label={t("panels.iteration.flatten")} hint={t("panels.iteration.flattenHint")}>
          <Switch bare label={t("panels.iteration.flatten")} checked={data.flatten_output !== false} disabled={disabled} onChange={(flatten_output) => set({ flatten_output })} />
        </Row>
      </Section>
    </>
  );
}

import { useTranslation } from "react-i18next";
import { VariableField } from "@/features/variables/variable-field";
import type { Selector } from "../../graph/types";
import { usePanel } from "../panel-context";
import { Section } from "../section";

export default function DocumentExtractorPanel() {
  const { t } = useTranslation();
  const { data, set, disabled } = usePanel<{ variable_selector: Selector; is_array_file: boolean }>();
  return (
    <Section title={t("panels.documents.file")} hint={t("panels.documents.hint")} required>
      <VariableField
        label={t("panels.documents.file")}
        value={data.variable_selector}
        accepted={["file", "array[file]"]}
        disabled={disabled}
        onChange={(variable_selector, type) => set({ variable_selector, is_array_file: type === "array[file]" })}
      />
    </Section>
  );
}

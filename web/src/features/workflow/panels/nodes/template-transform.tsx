import { useTranslation } from "react-i18next";
import { PromptEditor } from "@/features/editors/prompt-editor";
import { usePanel } from "../panel-context";
import { Section } from "../section";
import { Bindings } from "./bindings";
import type { Binding } from "./shared";

export default function TemplatePanel() {
  const { t } = useTranslation();
  const { data, set, disabled } = usePanel<{ variables: Binding[]; template: string }>();
  const variables = data.variables ?? [];
  return (
    <>
      <Section title={t("panels.template.inputs")}>
        <Bindings value={variables} withType add={t("panels.bindings.add")} disabled={disabled} onChange={(next) => set({ variables: next })} />
      </Section>
      <Section title={t("panels.template.template")} hint={t("panels.template.hint")} required>
        <PromptEditor
          label={t("panels.template.template")}
          jinja
          names={variables.map((each) => each.variable)}
          value={data.template ?? ""}
          disabled={disabled}
          minHeight={180}
          onChange={(template) => set({ template })}
        />
      </Section>
    </>
  );
}

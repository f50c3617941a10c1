import { useTranslation } from "react-i18next";
import { usePanel } from "../panel-context";
import { Section } from "../section";
import { Bindings } from "./bindings";
import type { Binding } from "./shared";

export default function EndPanel() {
  const { t } = useTranslation();
  const { data, set, disabled } = usePanel<{ outputs: Binding[] }>();
  return (
    <Section title={t("panels.end.outputs")} hint={t("panels.end.hint")} required>
      <Bindings value={data.outputs ?? []} wish="result" withType add={t("panels.end.add")} disabled={disabled} onChange={(outputs) => set({ outputs })} />
    </Section>
  );
}

import { useTranslation } from "react-i18next";
import { usePanel } from "../panel-context";
import { Section } from "../section";
import { useRemoveOutput, useRenameOutput } from "../use-outputs";
import { InputVariables, type InputVariable } from "./input-variables";
import { withoutItem } from "./shared";

interface StartData {
  variables: InputVariable[];
}

export default function StartPanel() {
  const { t } = useTranslation();
  const { nodeId, data, set, disabled } = usePanel<StartData>();
  const rename = useRenameOutput<StartData>(nodeId);
  const { remove, dialog } = useRemoveOutput(nodeId);
  const variables = data.variables ?? [];
  const nameAt = (at: number) => variables[at]?.variable ?? "";
  return (
    <Section title={t("panels.start.inputs")} hint={t("panels.start.hint")}>
      <InputVariables
        variables={variables}
        disabled={disabled}
        onChange={(changed) => set({ variables: changed })}
        onRemove={(at) => remove([nameAt(at)], () => set({ variables: withoutItem(variables, at) }))}
        onRename={(at, name) =>
          rename(nameAt(at), name, (draft) => {
            const renamed = draft.variables?.[at];
            if (renamed !== undefined) renamed.variable = name;
          })
        }
      />
      {dialog}
    </Section>
  );
}

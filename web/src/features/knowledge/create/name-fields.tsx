import { useTranslation } from "react-i18next";
import { Field, TextInput } from "@/ui/field";
import { Segmented } from "@/ui/segmented";

const LONGEST_NAME = 40;
const PERMISSIONS = ["only_me", "all_team_members"] as const;

/** How a new base is called, and who sees it. */
export interface Naming {
  name: string;
  permission: (typeof PERMISSIONS)[number];
}

export const DEFAULT_NAMING: Naming = { name: "", permission: "only_me" };

interface NameFieldsProps {
  value: Naming;
  onChange: (value: Naming) => void;
  /** The name that it gets without one. */
  otherwise: string;
}

export function NameFields({ value, onChange, otherwise }: NameFieldsProps) {
  const { t } = useTranslation();
  return (
    <div className="flex flex-col gap-4">
      <Field id="base-name" label={t("knowledgeSetup.naming.name")} optional hint={t("knowledgeSetup.naming.hint")}>
        <TextInput id="base-name" maxLength={LONGEST_NAME} placeholder={otherwise} value={value.name} onChange={(event) => onChange({ ...value, name: event.target.value })} />
      </Field>
      <PermissionChoice value={value.permission} onChange={(permission) => onChange({ ...value, permission })} />
    </div>
  );
}

interface PermissionChoiceProps {
  value: Naming["permission"];
  onChange: (value: Naming["permission"]) => void;
}

export function PermissionChoice({ value, onChange }: PermissionChoiceProps) {
  const { t } = useTranslation();
  return (
    <div className="flex flex-col gap-1">
      <p className="font-medium">{t("knowledgeSetup.settings.permission")}</p>
      <Segmented
        label={t("knowledgeSetup.settings.permission")}
        value={value}
        onChange={onChange}
        options={PERMISSIONS.map((each) => ({ value: each, label: t(`knowledgeSetup.settings.permissions.${each}`) }))}
      />
      <p className="text-12 text-muted">{t("knowledgeSetup.naming.permissionHint")}</p>
    </div>
  );
}

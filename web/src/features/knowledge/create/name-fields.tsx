import { useTranslation } from "react-i18next";
import { Field, TextInput } from "@/ui/field";
import { Segmented } from "@/ui/segmented";
import { MemberList } from "../member-list";

const LONGEST_NAME = 40;
const PERMISSIONS = ["only_me", "all_team_members", "partial_members"] as const;

/** How a new base is called, and who sees it. */
export interface Naming extends Sharing {
  name: string;
}

/** Who sees a new base: `members` of those it is shared with, besides its maker. */
export interface Sharing {
  permission: (typeof PERMISSIONS)[number];
  members: readonly string[];
}

export const DEFAULT_NAMING: Naming = { name: "", permission: "only_me", members: [] };

/** The members as the server takes them; nothing for a base that is not shared with some. */
export const membersOf = ({ permission, members }: Sharing) => (permission === "partial_members" ? members.map((user_id) => ({ user_id })) : null);

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
      <SharingChoice value={value} onChange={(sharing) => onChange({ ...value, ...sharing })} />
    </div>
  );
}

interface SharingChoiceProps {
  value: Sharing;
  onChange: (value: Sharing) => void;
}

export function SharingChoice({ value: { permission, members }, onChange }: SharingChoiceProps) {
  const { t } = useTranslation();
  return (
    <div className="flex flex-col gap-1">
      <p className="font-medium">{t("knowledgeSetup.settings.permission")}</p>
      <Segmented
        label={t("knowledgeSetup.settings.permission")}
        value={permission}
        onChange={(chosen) => onChange({ permission: chosen, members })}
        options={PERMISSIONS.map((each) => ({ value: each, label: t(`knowledgeSetup.settings.permissions.${each}`) }))}
      />
      {permission === "partial_members" && <MemberList mine chosen={members} onChange={(chosen) => onChange({ permission, members: chosen })} />}
      <p className="text-12 text-muted">{t("knowledgeSetup.naming.permissionHint")}</p>
    </div>
  );
}

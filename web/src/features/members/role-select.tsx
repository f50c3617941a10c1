import { useTranslation } from "react-i18next";
import type { Role } from "@/features/account/roles";
import { Select } from "@/ui/select";

/** The roles that are given; that of the owner is handed over. */
const GIVEN: readonly Role[] = ["admin", "editor", "normal", "dataset_operator"];

interface RoleSelectProps {
  value: Role;
  onChange: (role: Role) => void;
  label?: string;
  id?: string;
  className?: string;
}

/** A role, each with a line that says what it may do. */
export function RoleSelect({ value, ...rest }: RoleSelectProps) {
  const { t } = useTranslation();
  const options = GIVEN.map((role) => ({ value: role, label: t(`members.roles.${role}.name`), hint: t(`members.roles.${role}.may`) }));
  return <Select value={value} options={options} {...rest} />;
}

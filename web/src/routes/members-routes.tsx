import { Users } from "lucide-react";
import { addSettingsSection } from "@/features/shell/registry";

addSettingsSection({
  id: "members",
  group: "workspace",
  label: (t) => t("members.title"),
  icon: Users,
  order: 20,
  page: () => import("@/features/members/members-section"),
});

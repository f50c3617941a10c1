import { Boxes, CircleDollarSign, Puzzle, Settings, SunMoon } from "lucide-react";
import { ADMINISTRATORS, APP_USERS } from "@/features/account/roles";
import { addSearchSource, saysAll } from "@/features/commands/sources";
import { addSettingsSection, addToRail, settingsSections } from "@/features/shell/registry";
import { withTexts } from "@/i18n/i18n";

addToRail({ id: "settings", label: (t) => t("shell.settings"), icon: Settings, to: "/settings", order: 90 });

addSettingsSection({
  id: "appearance",
  group: "general",
  label: (t) => t("preferences.title"),
  icon: SunMoon,
  order: 90,
  page: () => import("@/features/settings/appearance-section"),
});

addSettingsSection({
  id: "models",
  group: "workspace",
  label: (t) => t("shell.models"),
  icon: Boxes,
  order: 10,
  page: () => withTexts("modelSetup", import("@/features/settings-models/models-section")),
});

addSettingsSection({
  id: "prices",
  group: "workspace",
  label: (t) => t("shell.prices"),
  icon: CircleDollarSign,
  order: 12,
  roles: APP_USERS,
  page: () => withTexts("modelSetup", import("@/features/settings-models/prices-section")),
});

addSettingsSection({
  id: "api-extensions",
  group: "workspace",
  label: (t) => t("shell.extensions"),
  icon: Puzzle,
  order: 40,
  roles: ADMINISTRATORS,
  page: () => withTexts("extensions", import("@/features/extensions/extensions-section")),
});

addSearchSource({
  id: "settings",
  label: (t) => t("shell.settings"),
  scope: "settings",
  search: (query, { t, role }) =>
    settingsSections(role)
      .filter((section) => saysAll(query, section.label(t), t("shell.settings")))
      .map((section) => ({ id: section.id, label: section.label(t), icon: section.icon, to: `/settings/${section.id}` })),
});

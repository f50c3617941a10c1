import { createRoute, redirect } from "@tanstack/react-router";
import { CircleUser, Users } from "lucide-react";
import { addSettingsSection } from "@/features/shell/registry";
import { withTexts } from "@/i18n/i18n";
import { consoleRoute } from "./layouts";

addSettingsSection({
  id: "members",
  group: "workspace",
  label: (t) => t("shell.members"),
  icon: Users,
  order: 20,
  page: () => withTexts("members", import("@/features/members/members-section")),
});

addSettingsSection({
  id: "account",
  group: "general",
  label: (t) => t("profile.title"),
  icon: CircleUser,
  order: 80,
  page: () => withTexts("proofs", import("@/features/account/account-section")),
});

const accountRoute = createRoute({
  getParentRoute: () => consoleRoute,
  path: "/account",
  beforeLoad: () => {
    throw redirect({ to: "/settings/$section", params: { section: "account" }, replace: true });
  },
});

export const membersRoutes = [accountRoute] as const;

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { CircleUser, Keyboard, LogOut, Settings } from "lucide-react";
import { Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import type { Account } from "@/api/console";
import { profileQuery } from "@/features/account/profile-query";
import { refreshSession } from "@/features/account/session";
import { openShortcuts } from "@/features/commands/palette-state";
import { NewWorkspaceDialog, WorkspaceSubMenu } from "@/features/members/workspace-switcher";
import { PreferenceItems } from "@/features/webapp/preferences-menu";
import { useErrorText } from "@/i18n/errors";
import { Avatar } from "@/ui/avatar";
import { Menu, MenuItem, MenuLabel, MenuSeparator } from "@/ui/menu";
import { showToast } from "@/ui/toast";

export function AccountMenu({ account }: { account: Account }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const picture = useQuery(profileQuery).data?.avatar_url;
  const signOut = async () => {
    try {
      await call(api.POST("/signout"));
      await refreshSession(queries);
      await navigate({ to: "/signin" });
    } catch (error) {
      showToast("danger", errorText(error));
    }
  };
  const [creating, setCreating] = useState(false);
  return (
    <>
      <Menu
        trigger={
          <button type="button" aria-label={t("account.menu", { name: account.name })} className="relative inline-flex rounded-full after:absolute after:-inset-2">
            <Avatar name={account.name} imageUrl={picture ?? null} />
          </button>
        }
      >
        <MenuLabel>
          <span className="block font-medium text-text">{account.name}</span>
          {account.email}
        </MenuLabel>
        <MenuSeparator />
        <WorkspaceSubMenu onCreate={() => setCreating(true)} />
        <MenuItem icon={<CircleUser size={16} strokeWidth={1.5} />} onSelect={() => void navigate({ to: "/account" })}>
          {t("profile.title")}
        </MenuItem>
        <MenuItem icon={<Settings size={16} strokeWidth={1.5} />} onSelect={() => void navigate({ to: "/settings" })}>
          {t("shell.settings")}
        </MenuItem>
        <MenuItem icon={<Keyboard size={16} strokeWidth={1.5} />} shortcut="?" onSelect={openShortcuts}>
          {t("commands.shortcuts")}
        </MenuItem>
        <MenuSeparator />
        <PreferenceItems />
        <MenuSeparator />
        <MenuItem icon={<LogOut size={16} strokeWidth={1.5} />} onSelect={() => void signOut()}>
          {t("account.signOut")}
        </MenuItem>
      </Menu>
      {creating && (
        <Suspense>
          <NewWorkspaceDialog onClose={() => setCreating(false)} />
        </Suspense>
      )}
    </>
  );
}

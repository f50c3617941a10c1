import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { ChevronsUpDown, LayoutGrid, Users } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { useAccount } from "@/features/account/account-context";
import { useErrorText } from "@/i18n/errors";
import { Menu, MenuItem, MenuLabel, MenuSeparator, SubMenu } from "@/ui/menu";
import { showToast } from "@/ui/toast";
import { useMedia } from "@/ui/use-media";
import { workspacesQuery } from "./members-query";

/** The workspace in the bar: the others that one belongs to, and its people. */
export function WorkspaceSwitcher() {
  const { t } = useTranslation();
  const { workspace } = useAccount();
  const [open, setOpen] = useState(false);
  return (
    <Menu
      align="start"
      open={open}
      onOpenChange={setOpen}
      trigger={
        <button
          type="button"
          aria-label={t("members.switcher", { name: workspace.name })}
          title={workspace.name}
          className="-ml-1.5 flex h-7 max-w-44 min-w-0 shrink items-center gap-1 rounded-control px-1.5 text-muted hover:bg-sunken hover:text-text max-md:hidden"
        >
          <span className="truncate">{workspace.name}</span>
          <ChevronsUpDown aria-hidden size={14} strokeWidth={1.5} className="shrink-0" />
        </button>
      }
    >
      {open && <WorkspaceItems />}
    </Menu>
  );
}

/** The same on phones, whose bar has no room for it. */
export function WorkspaceSubMenu() {
  const { workspace } = useAccount();
  const wide = useMedia("(min-width: 768px)");
  if (wide) return null;
  return (
    <>
      <SubMenu icon={<LayoutGrid size={16} strokeWidth={1.5} />} label={workspace.name}>
        <WorkspaceItems />
      </SubMenu>
      <MenuSeparator />
    </>
  );
}

function WorkspaceItems() {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const navigate = useNavigate();
  const { workspace } = useAccount();
  const workspaces = useQuery(workspacesQuery);
  const change = useMutation({
    mutationFn: (id: string) => call(api.POST("/workspaces/switch", { body: { workspace_id: id } })),
    // Nothing that was loaded belongs to the other workspace.
    onSuccess: () => window.location.assign("/"),
    onError: (error) => showToast("danger", errorText(error)),
  });
  return (
    <>
      <MenuLabel>{t("members.workspaces")}</MenuLabel>
      {(workspaces.data ?? [{ ...workspace, current: true }]).map((each) => (
        <MenuItem key={each.id} checked={each.id === workspace.id} onSelect={() => each.id !== workspace.id && change.mutate(each.id)}>
          {each.name}
        </MenuItem>
      ))}
      {workspaces.isError && <MenuLabel>{errorText(workspaces.error)}</MenuLabel>}
      <MenuSeparator />
      <MenuItem icon={<Users size={16} strokeWidth={1.5} />} onSelect={() => void navigate({ to: "/settings/$section", params: { section: "members" } })}>
        {t("members.title")}
      </MenuItem>
    </>
  );
}

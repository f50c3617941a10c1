import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { ChevronsUpDown, LayoutGrid, Plus, Users } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { useAccount } from "@/features/account/account-context";
import { systemFeaturesQuery } from "@/features/account/features-query";
import { useErrorText } from "@/i18n/errors";
import { withTexts } from "@/i18n/i18n";
import { Menu, MenuItem, MenuLabel, MenuSeparator, SubMenu } from "@/ui/menu";
import { showToast } from "@/ui/toast";
import { useMedia } from "@/ui/use-media";
import { workspacesQuery } from "./members-query";

export const NewWorkspaceDialog = lazy(() => withTexts("members", import("./new-workspace-dialog")));

/** The workspace in the bar: the others that one belongs to, and its people. */
export function WorkspaceSwitcher() {
  const { t } = useTranslation();
  const { workspace } = useAccount();
  const [open, setOpen] = useState(false);
  const [creating, setCreating] = useState(false);
  return (
    <>
      <Menu
        align="start"
        open={open}
        onOpenChange={setOpen}
        trigger={
          <button
            type="button"
            aria-label={t("shell.workspace", { name: workspace.name })}
            title={workspace.name}
            className="-ml-1.5 flex h-7 max-w-44 min-w-0 shrink items-center gap-1 rounded-control px-1.5 text-muted hover:bg-sunken hover:text-text max-md:hidden"
          >
            <span className="truncate">{workspace.name}</span>
            <ChevronsUpDown aria-hidden size={14} strokeWidth={1.5} className="shrink-0" />
          </button>
        }
      >
        {open && <WorkspaceItems onCreate={() => setCreating(true)} />}
      </Menu>
      {creating && (
        <Suspense>
          <NewWorkspaceDialog onClose={() => setCreating(false)} />
        </Suspense>
      )}
    </>
  );
}

/** The same on phones, whose bar has no room for it. */
export function WorkspaceSubMenu({ onCreate }: { onCreate: () => void }) {
  const { workspace } = useAccount();
  const wide = useMedia("(min-width: 768px)");
  if (wide) return null;
  return (
    <>
      <SubMenu icon={<LayoutGrid size={16} strokeWidth={1.5} />} label={workspace.name}>
        <WorkspaceItems onCreate={onCreate} />
      </SubMenu>
      <MenuSeparator />
    </>
  );
}

function WorkspaceItems({ onCreate }: { onCreate: () => void }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const navigate = useNavigate();
  const { workspace } = useAccount();
  const workspaces = useQuery(workspacesQuery);
  const features = useQuery(systemFeaturesQuery);
  const change = useMutation({
    mutationFn: (id: string) => call(api.POST("/workspaces/switch", { body: { workspace_id: id } })),
    // Nothing that was loaded belongs to the other workspace.
    onSuccess: () => window.location.assign("/"),
    onError: (error) => showToast("danger", errorText(error)),
  });
  return (
    <>
      <MenuLabel>{t("shell.workspaces")}</MenuLabel>
      {(workspaces.data ?? [{ ...workspace, current: true }]).map((each) => (
        <MenuItem key={each.id} checked={each.id === workspace.id} onSelect={() => each.id !== workspace.id && change.mutate(each.id)}>
          {each.name}
        </MenuItem>
      ))}
      {workspaces.isError && <MenuLabel>{errorText(workspaces.error)}</MenuLabel>}
      <MenuSeparator />
      {features.data?.is_allow_create_workspace === true && (
        <MenuItem icon={<Plus size={16} strokeWidth={1.5} />} onSelect={onCreate}>
          {t("shell.newWorkspace")}
        </MenuItem>
      )}
      <MenuItem icon={<Users size={16} strokeWidth={1.5} />} onSelect={() => void navigate({ to: "/settings/$section", params: { section: "members" } })}>
        {t("shell.members")}
      </MenuItem>
    </>
  );
}

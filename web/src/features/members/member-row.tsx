import { useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { Crown, MoreHorizontal, UserMinus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { useAccount } from "@/features/account/account-context";
import { mayAdminister, type Role } from "@/features/account/roles";
import { refreshSession } from "@/features/account/session";
import { useErrorText } from "@/i18n/errors";
import { Avatar } from "@/ui/avatar";
import { Badge } from "@/ui/badge";
import { IconButton } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { Menu, MenuItem } from "@/ui/menu";
import { Cell, Row } from "@/ui/table";
import { Time } from "@/ui/time";
import { showToast } from "@/ui/toast";
import { membersQuery, type Member } from "./members-query";
import { RoleSelect } from "./role-select";

type Question = "remove" | "transfer";

/** One member, and what an administrator does about them. */
export function MemberRow({ member }: { member: Member }) {
  const { t } = useTranslation();
  const account = useAccount();
  const writes = useMemberWrites(member);
  const [asked, setAsked] = useState<Question | null>(null);
  const self = member.id === account.id;
  const changeable = mayAdminister(account.role) && !self && member.role !== "owner";
  return (
    <Row>
      <Cell className="w-full max-w-0">
        <span className="flex items-center gap-3">
          <Avatar name={member.name} imageUrl={member.avatar_url} />
          <span className="min-w-0">
            <span className="flex items-center gap-2">
              <span className="truncate font-medium">{member.name}</span>
              {self && <span className="shrink-0 text-muted">{t("members.you")}</span>}
              {member.status === "pending" && <Badge tone="warn">{t("members.pending")}</Badge>}
            </span>
            <span className="block truncate text-12 text-muted">{member.email}</span>
          </span>
        </span>
      </Cell>
      <Cell className="text-muted max-sm:hidden">
        {member.last_active_at === null ? t("members.never") : <Time at={member.last_active_at} />}
      </Cell>
      <Cell>
        {changeable ? (
          <RoleSelect label={t("members.roleOf", { name: member.name })} value={member.role} onChange={(role) => void writes.give(role)} className="sm:min-w-32" />
        ) : (
          <span className="px-2.5 whitespace-nowrap">{t(`members.roles.${member.role}.name`)}</span>
        )}
      </Cell>
      <Cell className="w-10">
        {changeable && (
          <Menu
            trigger={
              <IconButton label={t("members.actionsFor", { name: member.name })}>
                <MoreHorizontal size={16} strokeWidth={1.5} />
              </IconButton>
            }
          >
            {account.role === "owner" && member.status === "active" && (
              <MenuItem icon={<Crown size={16} strokeWidth={1.5} />} onSelect={() => setAsked("transfer")}>
                {t("members.transfer")}
              </MenuItem>
            )}
            <MenuItem danger icon={<UserMinus size={16} strokeWidth={1.5} />} onSelect={() => setAsked("remove")}>
              {t("members.remove")}
            </MenuItem>
          </Menu>
        )}
        {asked === "remove" && (
          <ConfirmDialog
            title={t("members.removeTitle", { name: member.name })}
            text={t("members.removeText")}
            action={t("members.remove")}
            onConfirm={writes.remove}
            onClose={() => setAsked(null)}
          />
        )}
        {asked === "transfer" && (
          <ConfirmDialog
            title={t("members.transferTitle", { name: member.name })}
            text={t("members.transferText", { name: member.name })}
            action={t("members.transfer")}
            word={account.workspace.name}
            onConfirm={writes.transfer}
            onClose={() => setAsked(null)}
          />
        )}
      </Cell>
    </Row>
  );
}

function useMemberWrites(member: Member) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const router = useRouter();
  const show = (role: Role) =>
    queries.setQueryData(membersQuery.queryKey, (members) => members?.map((each) => (each.id === member.id ? { ...each, role } : each)));
  const put = async (role: Role) => {
    await call(api.PUT("/workspaces/current/members/{account_id}/role", { params: { path: { account_id: member.id } }, body: { role } }));
  };
  /** Shown at once, taken back when the server refuses. */
  const change = async (role: Role, before: Role): Promise<boolean> => {
    show(role);
    try {
      await put(role);
      return true;
    } catch (error) {
      show(before);
      showToast("danger", errorText(error));
      return false;
    }
  };
  return {
    give: async (role: Role) => {
      const before = member.role;
      if (!(await change(role, before))) return;
      showToast("ok", t("members.roleChanged", { name: member.name, role: t(`members.roles.${role}.name`) }), {
        label: t("members.undo"),
        perform: () => void change(before, role),
      });
    },
    /** Raises ApiError. */
    transfer: async () => {
      await put("owner");
      await refreshSession(queries);
      await router.invalidate();
    },
    /** Raises ApiError. */
    remove: async () => {
      await call(api.DELETE("/workspaces/current/members/{account_id}", { params: { path: { account_id: member.id } } }));
      await queries.invalidateQueries({ queryKey: membersQuery.queryKey });
    },
  };
}

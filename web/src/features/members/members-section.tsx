import { useQuery } from "@tanstack/react-query";
import { UserPlus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useAccount } from "@/features/account/account-context";
import { mayAdminister } from "@/features/account/roles";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Skeleton } from "@/ui/empty";
import { HeadCell, Table, TableHead } from "@/ui/table";
import { InvitationRows } from "./invitation-rows";
import { InviteDialog } from "./invite-dialog";
import { MemberRow } from "./member-row";
import { membersQuery } from "./members-query";
import { WorkspaceNameField } from "./workspace-name-field";

/** Who belongs to the workspace. Administrators change it, everybody else reads it. */
export default function MembersSection() {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const { role } = useAccount();
  const members = useQuery(membersQuery);
  const [inviting, setInviting] = useState(false);
  const administering = mayAdminister(role);
  return (
    <div className="flex flex-col gap-8">
      {administering && <WorkspaceNameField />}
      <div className="flex flex-col gap-3">
        <div className="flex items-center justify-between gap-3">
          <h3 className="font-medium">{t("members.people")}</h3>
          {administering && (
            <Button variant="primary" icon={<UserPlus size={16} strokeWidth={1.5} />} onClick={() => setInviting(true)}>
              {t("members.invite.open")}
            </Button>
          )}
        </div>
        {members.isPending && <Skeleton className="h-40 w-full" />}
        {members.isError && (
          <div role="alert" className="flex items-center gap-3 text-danger">
            {errorText(members.error)}
            <Button size="small" onClick={() => void members.refetch()}>
              {t("common.retry")}
            </Button>
          </div>
        )}
        {members.isSuccess && (
          <Table label={t("shell.members")} className="rounded-card border border-line bg-surface">
            <TableHead>
              <HeadCell>{t("members.name")}</HeadCell>
              <HeadCell className="max-sm:hidden">{t("members.lastActive")}</HeadCell>
              <HeadCell>{t("members.role")}</HeadCell>
              <HeadCell>
                <span className="sr-only">{t("members.more")}</span>
              </HeadCell>
            </TableHead>
            <tbody>
              {members.data.map((member) => (
                <MemberRow key={member.id} member={member} />
              ))}
              {administering && <InvitationRows />}
            </tbody>
          </Table>
        )}
      </div>
      {inviting && <InviteDialog onClose={() => setInviting(false)} />}
    </div>
  );
}

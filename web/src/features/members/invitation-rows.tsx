import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link2, MoreHorizontal, X } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Avatar } from "@/ui/avatar";
import { Badge } from "@/ui/badge";
import { Button, IconButton } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Menu, MenuItem } from "@/ui/menu";
import { Cell, Row } from "@/ui/table";
import { Time } from "@/ui/time";
import { showToast } from "@/ui/toast";
import { InviteResults } from "./invite-results";
import { invitationsQuery, type Invitation } from "./members-query";

/** Those who were asked and have not come yet, below those who are there. */
export function InvitationRows() {
  const invitations = useQuery(invitationsQuery);
  return (invitations.data ?? []).map((invitation) => <InvitationRow key={invitation.id} invitation={invitation} />);
}

function InvitationRow({ invitation }: { invitation: Invitation }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const onSuccess = () => queries.invalidateQueries({ queryKey: invitationsQuery.queryKey });
  const onError = (error: unknown) => showToast("danger", errorText(error));
  const { email, role } = invitation;
  const takeBack = useMutation({
    mutationFn: () => call(api.DELETE("/workspaces/current/invitations/{invitation_id}", { params: { path: { invitation_id: invitation.id } } })),
    onSuccess,
    onError,
  });
  const again = useMutation({
    mutationFn: async () => (await call(api.POST("/workspaces/current/invitations", { body: { emails: [email], role } }))).results,
    onSuccess: async () => {
      setShown(true);
      await onSuccess();
    },
    onError,
  });
  const [shown, setShown] = useState(false);
  return (
    <Row>
      <Cell className="w-full max-w-0">
        <span className="flex items-center gap-3">
          <Avatar name={email} />
          <span className="min-w-0">
            <span className="block truncate font-medium">{email}</span>
            {invitation.expired ? <Badge tone="danger">{t("members.expired")}</Badge> : <Badge tone="warn">{t("members.pending")}</Badge>}
          </span>
        </span>
      </Cell>
      <Cell className="text-muted max-sm:hidden">
        {t("members.invited")} <Time at={invitation.created_at} />
      </Cell>
      <Cell>
        <span className="px-2.5 whitespace-nowrap">{t(`members.roles.${role}.name`)}</span>
      </Cell>
      <Cell className="w-10">
        <Menu
          trigger={
            <IconButton label={t("members.actionsFor", { name: email })}>
              <MoreHorizontal size={16} strokeWidth={1.5} />
            </IconButton>
          }
        >
          <MenuItem icon={<Link2 size={16} strokeWidth={1.5} />} onSelect={() => again.mutate()}>
            {t("members.invite.again")}
          </MenuItem>
          <MenuItem danger icon={<X size={16} strokeWidth={1.5} />} onSelect={() => takeBack.mutate()}>
            {t("members.invite.takeBack")}
          </MenuItem>
        </Menu>
        {again.isSuccess && shown && (
          <Dialog
            open
            size="medium"
            onOpenChange={() => setShown(false)}
            title={t("members.invite.done")}
            footer={
              <Button variant="primary" onClick={() => setShown(false)}>
                {t("common.close")}
              </Button>
            }
          >
            <InviteResults results={again.data} />
          </Dialog>
        )}
      </Cell>
    </Row>
  );
}

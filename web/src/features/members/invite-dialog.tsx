import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { emailProblem } from "@/features/account/rules";
import type { Role } from "@/features/account/roles";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { TagInput } from "@/ui/tag-input";
import { InviteResults } from "./invite-results";
import { invitationsQuery } from "./members-query";
import { RoleSelect } from "./role-select";

const MOST = 50;
const isAddress = (text: string) => emailProblem(text) === null;

/** Asks people by their addresses, then says what became of each. Mounted means open. */
export function InviteDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const ids = { emails: useId(), role: useId(), form: useId() };
  const [emails, setEmails] = useState<string[]>([]);
  const [role, setRole] = useState<Role>("normal");
  const [submitted, setSubmitted] = useState(false);
  const invite = useMutation({
    mutationFn: async () => (await call(api.POST("/workspaces/current/invitations", { body: { emails, role } }))).results,
    onSuccess: () => queries.invalidateQueries({ queryKey: invitationsQuery.queryKey }),
  });
  const wrong = emails.filter((email) => !isAddress(email)).length;
  const problem = emails.length === 0 ? t("members.invite.none") : wrong > 0 ? t("members.invite.wrong", { count: wrong }) : undefined;

  if (invite.isSuccess) {
    return (
      <Dialog
        open
        size="medium"
        onOpenChange={onClose}
        title={t("members.invite.done")}
        footer={
          <>
            <Button
              onClick={() => {
                invite.reset();
                setEmails([]);
                setSubmitted(false);
              }}
            >
              {t("members.invite.more")}
            </Button>
            <Button variant="primary" onClick={onClose}>
              {t("common.close")}
            </Button>
          </>
        }
      >
        <InviteResults results={invite.data} />
      </Dialog>
    );
  }
  return (
    <Dialog
      open
      size="medium"
      onOpenChange={onClose}
      title={t("members.invite.title")}
      description={t("members.invite.text")}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button variant="primary" type="submit" form={ids.form} busy={invite.isPending}>
            {t("members.invite.send")}
          </Button>
        </>
      }
    >
      <form
        id={ids.form}
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          setSubmitted(true);
          if (problem === undefined) invite.mutate();
        }}
      >
        <Field id={ids.emails} label={t("members.invite.emails")} hint={t("members.invite.emailsHint", { most: MOST })} error={submitted || wrong > 0 ? problem : undefined}>
          <TagInput
            id={ids.emails}
            label={t("members.invite.emails")}
            placeholder={emails.length === 0 ? "mira@example.com" : ""}
            separator={/[\s,;]+/}
            isValid={isAddress}
            max={MOST}
            value={emails}
            onChange={(next) => setEmails([...new Set(next.map((email) => email.toLowerCase()))])}
          />
        </Field>
        <Field id={ids.role} label={t("members.role")} hint={t(`members.roles.${role}.may`)}>
          <RoleSelect id={ids.role} value={role} onChange={setRole} />
        </Field>
        {invite.isError && (
          <p role="alert" className="text-danger">
            {errorText(invite.error)}
          </p>
        )}
      </form>
    </Dialog>
  );
}

import { useMutation } from "@tanstack/react-query";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, fieldProps, TextInput } from "@/ui/field";

/** Makes a workspace of one's own, and goes there. Mounted means open. */
export default function NewWorkspaceDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const ids = { name: useId(), form: useId() };
  const [name, setName] = useState("");
  const create = useMutation({
    mutationFn: () => call(api.POST("/workspaces", { body: { name: name.trim() } })),
    // Nothing that was loaded belongs to the new workspace.
    onSuccess: () => window.location.assign("/"),
  });
  const error = create.isError ? errorText(create.error) : undefined;
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t("shell.newWorkspace")}
      description={t("members.newWorkspace.newText")}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button variant="primary" type="submit" form={ids.form} disabled={name.trim() === ""} busy={create.isPending}>
            {t("members.newWorkspace.create")}
          </Button>
        </>
      }
    >
      <form
        id={ids.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() !== "") create.mutate();
        }}
      >
        <Field id={ids.name} label={t("members.workspaceName")} error={error}>
          <TextInput {...fieldProps(ids.name, error)} autoFocus maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />
        </Field>
      </form>
    </Dialog>
  );
}

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { useAccount } from "@/features/account/account-context";
import { sessionQuery } from "@/features/account/session";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Field, fieldProps, TextInput } from "@/ui/field";
import { showToast } from "@/ui/toast";
import { workspacesQuery } from "./members-query";

const MAX_NAME = 100;

/** What the workspace is called, for those who may change it. */
export function WorkspaceNameField() {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const router = useRouter();
  const id = useId();
  const { workspace } = useAccount();
  const [name, setName] = useState(workspace.name);
  const save = useMutation({
    mutationFn: async () => {
      await call(api.PATCH("/workspaces/current", { body: { name: name.trim() } }));
      await Promise.all([queries.invalidateQueries({ queryKey: sessionQuery.queryKey }), queries.invalidateQueries({ queryKey: workspacesQuery.queryKey })]);
      await queries.query({ ...sessionQuery, staleTime: 0 });
      await router.invalidate();
    },
    onSuccess: () => showToast("ok", t("members.workspaceSaved")),
  });
  const error = save.isError ? errorText(save.error) : undefined;
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <Field id={id} label={t("members.workspaceName")} error={error}>
        <div className="flex max-w-120 gap-2">
          <TextInput {...fieldProps(id, error)} value={name} maxLength={MAX_NAME} onChange={(event) => setName(event.target.value)} />
          <Button type="submit" busy={save.isPending} disabled={name.trim() === "" || name.trim() === workspace.name}>
            {t("members.save")}
          </Button>
        </div>
      </Field>
    </form>
  );
}

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { Dialog } from "@/ui/dialog";
import { Field, TextArea, TextInput } from "@/ui/field";
import { CodeStep } from "./code-step";
import { OwnCodeRequest } from "./own-code-request";

interface DeleteAccountDialogProps {
  email: string;
  onDeleted: () => void;
  onClose: () => void;
}

/** Ends one's account, after saying what ends with it. Mounted means open. */
export function DeleteAccountDialog({ email, onDeleted, onClose }: DeleteAccountDialogProps) {
  const { t } = useTranslation();
  const owned = useQuery({
    queryKey: ["owned-workspaces"],
    queryFn: async ({ signal }) => (await call(api.GET("/account/owned-workspaces", { signal }))).names,
  });
  const [token, setToken] = useState<string | null>(null);
  const [typed, setTyped] = useState("");
  const [feedback, setFeedback] = useState("");
  const begin = async () => setToken((await call(api.POST("/account/code", { body: { purpose: "delete_account" } }))).token);
  const names = owned.data ?? [];
  return (
    <Dialog open size="medium" onOpenChange={onClose} title={t("proofs.end.title")} description={t("proofs.end.text")}>
      <div className="flex flex-col gap-4">
        {names.length > 0 && <p className="rounded-control bg-sunken p-3">{t("proofs.end.owned", { count: names.length, names: names.join(", ") })}</p>}
        {token === null ? (
          <OwnCodeRequest email={email} send={begin} />
        ) : (
          <>
            <Field id="typed-address" label={t("proofs.end.typeAddress", { email })}>
              <TextInput id="typed-address" autoComplete="off" value={typed} onChange={(event) => setTyped(event.target.value)} />
            </Field>
            <Field id="feedback" label={t("proofs.end.feedback")} optional>
              <TextArea id="feedback" maxLength={2000} value={feedback} onChange={(event) => setFeedback(event.target.value)} />
            </Field>
            <CodeStep
              danger
              ready={typed.trim().toLowerCase() === email}
              text={t("proofs.codeMailed", { email })}
              action={t("proofs.end.confirm")}
              again={begin}
              give={async (code) => {
                await call(api.DELETE("/account", { body: { token, code, email: typed.trim(), feedback: feedback.trim() } }));
                onDeleted();
              }}
            />
          </>
        )}
      </div>
    </Dialog>
  );
}

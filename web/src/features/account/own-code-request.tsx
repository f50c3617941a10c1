import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/button";
import { Field, TextInput } from "@/ui/field";
import { Failure } from "./failure";

/** Mails a code to the address that one has. */
export function OwnCodeRequest({ email, send }: { email: string; send: () => Promise<void> }) {
  const { t } = useTranslation();
  const sending = useMutation({ mutationFn: send });
  return (
    <div className="flex flex-col gap-4">
      <Field id="own-address" label={t("account.email")}>
        <TextInput id="own-address" readOnly value={email} className="bg-sunken!" />
      </Field>
      <Failure error={sending.error} />
      <Button variant="primary" size="large" busy={sending.isPending} onClick={() => sending.mutate()}>
        {t("proofs.sendCode")}
      </Button>
    </div>
  );
}

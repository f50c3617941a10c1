import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { Dialog } from "@/ui/dialog";
import { AddressStep } from "./address-step";
import { CodeStep } from "./code-step";
import { OwnCodeRequest } from "./own-code-request";

type Step = { name: "old" | "new"; token: string } | { name: "check"; token: string; email: string; oldToken: string };

interface AddressDialogProps {
  email: string;
  /** The account has another address, and nobody is signed in any more. */
  onChanged: (email: string) => void;
  onClose: () => void;
}

/** Gives one's account another address, which both mailboxes confirm. Mounted means open. */
export function AddressDialog({ email, onChanged, onClose }: AddressDialogProps) {
  const { t } = useTranslation();
  const [step, setStep] = useState<Step | null>(null);
  const begin = async () => {
    const { token } = await call(api.POST("/account/code", { body: { purpose: "old_address" } }));
    setStep({ name: "old", token });
  };
  const sendNew = (oldToken: string) => async (address: string) => {
    const { token } = await call(api.POST("/account/address", { body: { token: oldToken, email: address } }));
    setStep({ name: "check", token, email: address, oldToken });
  };
  return (
    <Dialog open size="medium" onOpenChange={onClose} title={t("proofs.address.title")} description={t(step?.name === "new" ? "proofs.address.newText" : "proofs.address.oldText")}>
      {step === null && <OwnCodeRequest email={email} send={begin} />}
      {step?.name === "old" && (
        <CodeStep
          key="old"
          text={t("proofs.codeMailed", { email })}
          action={t("proofs.next")}
          again={begin}
          give={async (code) => {
            await call(api.POST("/account/code/validity", { body: { purpose: "old_address", token: step.token, code } }));
            setStep({ ...step, name: "new" });
          }}
        />
      )}
      {step?.name === "new" && <AddressStep label={t("proofs.address.fresh")} send={sendNew(step.token)} />}
      {step?.name === "check" && (
        <CodeStep
          key="check"
          text={t("proofs.codeMailed", { email: step.email })}
          action={t("proofs.address.finish")}
          again={() => sendNew(step.oldToken)(step.email)}
          give={async (code) => onChanged((await call(api.PUT("/account/address", { body: { token: step.token, code } }))).email)}
        />
      )}
    </Dialog>
  );
}

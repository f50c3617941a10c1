import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/button";
import { DeleteAccountDialog } from "./delete-account-dialog";

/** The last part of the account page. `possible`: the server can mail the code that it takes. */
export function EndOfAccount({ email, possible }: { email: string; possible: boolean }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <div>
      <h3 className="mb-2 text-16 font-semibold">{t("proofs.end.section")}</h3>
      <p className="mb-4 text-muted">{t(possible ? "proofs.end.text" : "proofs.end.noMail")}</p>
      {possible && (
        <Button variant="danger" onClick={() => setOpen(true)}>
          {t("proofs.end.button")}
        </Button>
      )}
      {open && <DeleteAccountDialog email={email} onClose={() => setOpen(false)} onDeleted={() => window.location.assign("/signin")} />}
    </div>
  );
}

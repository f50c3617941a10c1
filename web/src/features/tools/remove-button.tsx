import { Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { useToolsChanged } from "./tools-query";

interface RemoveButtonProps {
  name: string;
  /** What follows from it. */
  text: string;
  remove: () => Promise<unknown>;
  onGone: () => void;
}

/** Removes a provider after a question. */
export function RemoveButton({ name, text, remove, onGone }: RemoveButtonProps) {
  const { t } = useTranslation();
  const changed = useToolsChanged();
  const [asking, setAsking] = useState(false);
  const confirm = async () => {
    await remove();
    onGone();
    await changed();
  };
  return (
    <>
      <Button size="small" icon={<Trash2 size={14} strokeWidth={1.5} />} onClick={() => setAsking(true)}>
        {t("tools.remove")}
      </Button>
      {asking && <ConfirmDialog title={t("tools.removeNamed", { name })} text={text} action={t("tools.remove")} onClose={() => setAsking(false)} onConfirm={confirm} />}
    </>
  );
}

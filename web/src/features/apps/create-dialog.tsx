import { RadioGroup } from "radix-ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { AppMode } from "@/api/console";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Shortcut } from "@/ui/shortcut";
import { useAppMaking } from "./app-writes";
import { KindSketch } from "./kind-sketch";
import { LookFields } from "./look-fields";
import { firstLooks } from "./looks";
import { DRAWN, SIMPLE } from "./modes";
import { SendForm } from "./send-form";

interface CreateDialogProps {
  onClose: () => void;
  /** Begins with this kind. */
  mode?: AppMode | undefined;
}

const FORM = "create-app";

/** A new app with something small in it: its kind, its name, its looks. Mounted means open. */
export function CreateDialog({ onClose, mode: first = "chat" }: CreateDialogProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const { blank } = useAppMaking();
  const [mode, setMode] = useState(first);
  const [looks, setLooks] = useState(firstLooks(first));
  const [missing, setMissing] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const choose = (next: AppMode) => {
    const [before, after] = [firstLooks(mode), firstLooks(next)];
    setMode(next);
    // The icon follows the kind until somebody chooses one.
    if (looks.icon === before.icon && looks.icon_background === before.icon_background) {
      setLooks({ ...looks, icon: after.icon, icon_background: after.icon_background });
    }
  };
  const create = async () => {
    const name = looks.name.trim();
    setMissing(name === "");
    if (name === "" || busy) return;
    setBusy(true);
    setError(null);
    try {
      await blank(mode, { ...looks, name });
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t("apps.create.title")}
      size="large"
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button type="submit" form={FORM} variant="primary" busy={busy}>
            {t("apps.create.action")}
            <span className="pointer-coarse:hidden">
              <Shortcut keys="mod+enter" className="" />
            </span>
          </Button>
        </>
      }
    >
      <SendForm id={FORM} onSend={() => void create()} className="flex flex-col gap-5">
        <RadioGroup.Root aria-label={t("apps.create.kind")} value={mode} onValueChange={(next) => choose(next as AppMode)} className="flex flex-col gap-4">
          {[
            { modes: SIMPLE, title: t("apps.create.simple"), columns: "sm:grid-cols-3" },
            { modes: DRAWN, title: t("apps.create.drawn"), columns: "sm:grid-cols-2" },
          ].map(({ modes, title, columns }) => (
            <div key={title}>
              <h3 className="mb-2 text-12 font-medium text-muted">{title}</h3>
              <div className={`grid gap-2 ${columns}`}>
                {modes.map((each) => (
                  <RadioGroup.Item
                    key={each}
                    value={each}
                    className="flex items-center gap-3 rounded-card border border-line bg-surface p-3 text-start transition-colors hover:border-line-strong data-[state=checked]:border-accent data-[state=checked]:bg-accent-soft sm:flex-col sm:items-start"
                  >
                    <span className={`shrink-0 ${each === mode ? "text-accent" : "text-muted"}`}>
                      <KindSketch mode={each} />
                    </span>
                    <span>
                      <span className="block font-medium">{t(`apps.modes.${each}`)}</span>
                      <span className="block text-12 text-muted">{t(`apps.kinds.${each}`)}</span>
                    </span>
                  </RadioGroup.Item>
                ))}
              </div>
            </div>
          ))}
        </RadioGroup.Root>
        <LookFields value={looks} onChange={setLooks} nameError={missing && looks.name.trim() === "" ? t("apps.looks.nameMissing") : undefined} />
        {error !== null && (
          <p role="alert" className="text-danger">
            {errorText(error)}
          </p>
        )}
      </SendForm>
    </Dialog>
  );
}

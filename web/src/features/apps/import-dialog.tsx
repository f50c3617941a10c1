import { FileUp } from "lucide-react";
import { useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, fieldProps, TextInput } from "@/ui/field";
import { Tabs } from "@/ui/tabs";
import { formatBytes } from "@/ui/time";
import { useAppMaking, type AppSource } from "./app-writes";
import { SendForm } from "./send-form";

interface ImportDialogProps {
  onClose: () => void;
  /** A file that was dropped on the page. */
  dropped?: File | null;
}

const FORM = "import-app";
const MAX_MB = 10;
const KINDS = /\.ya?ml$/i;

/** An app from a file of this machine or from an address. Mounted means open. */
export function ImportDialog({ onClose, dropped = null }: ImportDialogProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const id = useId();
  const { take, confirm } = useAppMaking();
  const input = useRef<HTMLInputElement>(null);
  const [tab, setTab] = useState<"file" | "url">("file");
  const wrongWith = (chosen: File): string | null => {
    if (!KINDS.test(chosen.name)) return t("apps.import.notAFile");
    return chosen.size > MAX_MB * 2 ** 20 ? t("apps.import.tooLarge", { megabytes: MAX_MB }) : null;
  };
  const [file, setFile] = useState(dropped !== null && wrongWith(dropped) === null ? dropped : null);
  const [url, setUrl] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(dropped === null ? null : wrongWith(dropped));
  const [pending, setPending] = useState<Schemas["ImportAnswer"] | null>(null);

  const run = async (work: () => Promise<Schemas["ImportAnswer"]>) => {
    setBusy(true);
    setError(null);
    try {
      const answer = await work();
      // Everything else has led to the new app by now.
      if (answer.status === "pending") setPending(answer);
    } catch (failure) {
      setPending(null);
      setError(errorText(failure));
    } finally {
      setBusy(false);
    }
  };
  const choose = (chosen: File | undefined) => {
    if (chosen === undefined) return;
    const wrong = wrongWith(chosen);
    setError(wrong);
    setFile(wrong === null ? chosen : null);
  };
  const send = () => {
    if (busy) return;
    if (tab === "file") {
      if (file === null) setError(t("apps.import.noFile"));
      else void run(async () => take({ mode: "yaml-content", yaml_content: await file.text() }));
      return;
    }
    const source: AppSource = { mode: "yaml-url", yaml_url: url.trim() };
    if (!/^https?:\/\/\S+$/.test(source.yaml_url)) setError(t("apps.import.noUrl"));
    else void run(() => take(source));
  };

  if (pending !== null) {
    return (
      <Dialog
        open
        onOpenChange={(open) => !open && !busy && onClose()}
        title={t("apps.import.pendingTitle")}
        description={t("apps.import.pendingText")}
        footer={
          <>
            <Button disabled={busy} onClick={onClose}>
              {t("common.cancel")}
            </Button>
            <Button variant="primary" busy={busy} onClick={() => void run(() => confirm(pending.id))}>
              {t("apps.import.anyway")}
            </Button>
          </>
        }
      >
        <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1">
          <dt className="text-muted">{t("apps.import.ofFile")}</dt>
          <dd className="tabular font-medium">{pending.imported_dsl_version}</dd>
          <dt className="text-muted">{t("apps.import.ofTreadle")}</dt>
          <dd className="tabular font-medium">{pending.current_dsl_version}</dd>
        </dl>
      </Dialog>
    );
  }
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t("apps.import.title")}
      size="medium"
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button type="submit" form={FORM} variant="primary" busy={busy}>
            {t("apps.import.action")}
          </Button>
        </>
      }
    >
      <SendForm id={FORM} onSend={send}>
        <Tabs
          label={t("apps.import.from")}
          tabs={[
            { id: "file", label: t("apps.import.file") },
            { id: "url", label: t("apps.import.url") },
          ]}
          value={tab}
          onChange={(next) => {
            setTab(next);
            setError(null);
          }}
        >
          <div className="pt-4">
            {tab === "file" ? (
              <button
                type="button"
                autoFocus
                onClick={() => input.current?.click()}
                onDragOver={(event) => event.preventDefault()}
                onDrop={(event) => {
                  event.preventDefault();
                  event.stopPropagation();
                  choose(event.dataTransfer.files[0]);
                }}
                className="flex min-h-32 w-full flex-col items-center justify-center gap-1 rounded-card border border-dashed border-line-strong px-4 text-center hover:bg-sunken"
              >
                <FileUp aria-hidden size={20} strokeWidth={1.5} className="mb-1 text-muted" />
                <span className="max-w-full truncate font-medium">{file === null ? t("apps.import.drop") : file.name}</span>
                <span className="text-12 text-muted">{file === null ? t("apps.import.kinds", { megabytes: MAX_MB }) : formatBytes(file.size)}</span>
              </button>
            ) : (
              <Field id={`${id}-url`} label={t("apps.import.address")} hint={t("apps.import.addressHint")}>
                <TextInput
                  {...fieldProps(`${id}-url`, undefined)}
                  autoFocus
                  type="url"
                  placeholder="https://github.com/…/app.yml"
                  value={url}
                  onChange={(event) => setUrl(event.target.value)}
                />
              </Field>
            )}
            <input
              ref={input}
              type="file"
              hidden
              accept=".yml,.yaml"
              aria-label={t("apps.import.drop")}
              onChange={(event) => {
                choose(event.target.files?.[0]);
                event.target.value = "";
              }}
            />
          </div>
        </Tabs>
        {error !== null && (
          <p role="alert" className="mt-3 text-danger">
            {error}
          </p>
        )}
      </SendForm>
    </Dialog>
  );
}

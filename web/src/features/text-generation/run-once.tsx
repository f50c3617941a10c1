import { Play, Square, Wand2 } from "lucide-react";
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import type { GenerationRequest } from "@/api/webapp-types";
import { AttachMenu } from "@/features/files/attach-menu";
import { AttachmentChips } from "@/features/files/attachment-chips";
import { readyMappings, useAttachments, type Attachment } from "@/features/files/attachments";
import { messageFileLimits, type FileLimits } from "@/features/files/limits";
import { useFileIntake } from "@/features/files/use-file-intake";
import { InputForm } from "@/features/input-form/input-form";
import { useInputForm } from "@/features/input-form/use-input-form";
import { useWebApp } from "@/features/webapp/webapp-context";
import { Button } from "@/ui/button";
import { Empty } from "@/ui/empty";
import { useEscape } from "@/ui/use-escape";
import { GenerationSession } from "./generation-session";
import { Result } from "./result";

/** The form, and beside it (under it on phones) what it gave. */
export function RunOnce({ kind }: { kind: "completion" | "workflow" }) {
  const { t } = useTranslation();
  const { client, parameters } = useWebApp();
  const session = useMemo(() => new GenerationSession(client, kind), [client, kind]);
  const { turn, stopping } = useSyncExternalStore(session.subscribe, session.snapshot);
  const form = useInputForm(parameters.user_input_form, session.resumedInputs);
  const [files, setFiles] = useState<readonly Attachment[]>([]);
  const limits = messageFileLimits(parameters.file_upload, parameters.system_parameters);
  const area = useRef<HTMLFormElement>(null);
  const result = useRef<HTMLElement>(null);
  const running = turn !== null && !turn.ended;
  const uploading = files.some((file) => file.state === "uploading");

  const run = () => {
    if (running || uploading) return;
    const inputs = form.submit();
    if (inputs === null) {
      requestAnimationFrame(() => area.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
      return;
    }
    const mappings = readyMappings(files);
    const request: GenerationRequest = mappings.length > 0 ? { inputs, files: mappings } : { inputs };
    session.run(request);
    if (window.matchMedia("(width < 1024px)").matches) {
      requestAnimationFrame(() => result.current?.scrollIntoView({ behavior: "smooth" }));
    }
  };

  useEffect(() => session.resume(), [session]);
  const stop = useCallback(() => session.stop(), [session]);
  useEscape(running, stop);

  return (
    <div className="flex min-h-0 flex-1 flex-col lg:flex-row">
      <form
        ref={area}
        aria-label={t("form.title")}
        className="flex shrink-0 flex-col gap-4 border-line p-4 max-lg:border-b lg:w-105 lg:overflow-y-auto lg:border-r"
        onSubmit={(event) => {
          event.preventDefault();
          run();
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) {
            event.preventDefault();
            run();
          }
        }}
      >
        <InputForm
          client={client}
          system={parameters.system_parameters}
          fields={form.fields}
          values={form.values}
          problems={form.problems}
          onChange={form.change}
        />
        {form.fields.length === 0 && <p className="text-muted">{t("generate.noInputs")}</p>}
        {limits !== null && <Files files={files} onChange={setFiles} limits={limits} />}
        <div className="flex justify-between gap-2 pt-1">
          <Button
            variant="quiet"
            onClick={() => {
              form.reset();
              setFiles([]);
            }}
          >
            {t("generate.clear")}
          </Button>
          {running ? (
            <Button icon={<Square size={12} fill="currentColor" />} busy={stopping} onClick={stop} title="Esc">
              {t("chat.stop")}
            </Button>
          ) : (
            <Button type="submit" variant="primary" icon={<Play size={14} strokeWidth={2} />} disabled={uploading} title="Ctrl+Enter">
              {turn === null ? t("generate.run") : t("generate.runAgain")}
            </Button>
          )}
        </div>
      </form>
      <section ref={result} aria-label={t("generate.result")} aria-live="polite" className="min-w-0 flex-1 scroll-mt-2 bg-surface lg:overflow-y-auto">
        {turn === null ? (
          <Empty icon={<Wand2 size={28} strokeWidth={1.5} />} title={t("generate.emptyTitle")} text={t("generate.emptyText")} />
        ) : (
          <div className="mx-auto max-w-188 p-4 lg:p-6">
            <Result turn={turn} onRetry={run} />
          </div>
        )}
      </section>
    </div>
  );
}

interface FilesProps {
  files: readonly Attachment[];
  onChange: (update: (files: readonly Attachment[]) => readonly Attachment[]) => void;
  limits: FileLimits;
}

function Files({ files, onChange, limits }: FilesProps) {
  const { t } = useTranslation();
  const { client } = useWebApp();
  const list = useAttachments(client, files, onChange);
  const intake = useFileIntake(list, files, limits);
  return (
    <div role="group" aria-label={t("files.attached")} className="flex flex-col items-start gap-2">
      <AttachmentChips files={files} list={list} />
      <AttachMenu limits={limits} intake={intake} labelled disabled={files.length >= limits.count} />
    </div>
  );
}

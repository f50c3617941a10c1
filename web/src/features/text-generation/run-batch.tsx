import { Download, FileSpreadsheet, Play, RotateCw, Square } from "lucide-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { fieldsOf } from "@/features/input-form/fields";
import { useProblemText } from "@/features/input-form/input-form";
import { useWebApp } from "@/features/webapp/webapp-context";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { CopyButton } from "@/ui/copy-button";
import { Empty } from "@/ui/empty";
import { Spinner } from "@/ui/spinner";
import { StatusIcon } from "@/ui/status";
import { Result } from "./result";
import {
  batchFields,
  batchResults,
  batchTemplate,
  needsFiles,
  readBatch,
  type BatchFile,
  type BatchProblem,
} from "./batch-file";
import { downloadText } from "./csv";
import { plainResult } from "./outputs";
import { hasFailed, useBatch, type BatchItem } from "./use-batch";

/** Runs the app for every row of a CSV file. */
export function RunBatch({ kind }: { kind: "completion" | "workflow" }) {
  const { t } = useTranslation();
  const { parameters } = useWebApp();
  const errorText = useErrorText();
  const batch = useBatch(kind);
  const [file, setFile] = useState<{ name: string; content: BatchFile } | null>(null);
  const all = fieldsOf(parameters.user_input_form);
  const fields = batchFields(all);
  if (needsFiles(all) || fields.length === 0) {
    return <Empty icon={<FileSpreadsheet size={28} strokeWidth={1.5} />} title={t("generate.noBatch")} text={t("generate.noBatchText")} />;
  }

  const open = async (source: File) => setFile({ name: source.name, content: readBatch(await source.text(), fields) });
  const done = batch.items.filter((item) => item.turn?.ended === true);
  const failed = done.filter((item) => item.turn !== null && hasFailed(item.turn));
  const download = () =>
    downloadText(
      "result.csv",
      batchResults(
        fields,
        batch.items.map(({ row, turn }) => ({
          cells: row.cells,
          result: turn === null || hasFailed(turn) ? "" : plainResult(turn),
          error: turn?.status === "failed" ? errorText(turn.error) : "",
        })),
      ),
      "text/csv",
    );

  return (
    <div className="flex min-h-0 flex-1 flex-col lg:flex-row">
      <section className="flex shrink-0 flex-col gap-4 border-line p-4 max-lg:border-b lg:w-105 lg:overflow-y-auto lg:border-r">
        <p className="text-muted">{t("generate.batchText")}</p>
        <Columns names={fields.map((field) => field.variable)} />
        <Button
          className="self-start"
          icon={<Download size={16} strokeWidth={1.5} />}
          onClick={() => downloadText("template.csv", batchTemplate(fields), "text/csv")}
        >
          {t("generate.template")}
        </Button>
        <DropZone name={file?.name ?? null} disabled={batch.running} onFile={(source) => void open(source)} />
        {file?.content.ok === false && <Problems problems={file.content.problems} />}
        {file?.content.ok === true && <p className="text-ok">{t("generate.rows", { count: file.content.rows.length })}</p>}
        <div className="flex justify-end gap-2">
          {batch.running ? (
            <Button icon={<Square size={12} fill="currentColor" />} onClick={batch.stop}>
              {t("chat.stop")}
            </Button>
          ) : (
            <Button
              variant="primary"
              icon={<Play size={14} strokeWidth={2} />}
              disabled={file?.content.ok !== true}
              onClick={() => {
                if (file?.content.ok === true) batch.start(file.content.rows);
              }}
            >
              {t("generate.runRows")}
            </Button>
          )}
        </div>
      </section>
      <section aria-label={t("generate.results")} className="flex min-w-0 flex-1 flex-col bg-surface lg:overflow-y-auto">
        {batch.items.length === 0 ? (
          <Empty icon={<FileSpreadsheet size={28} strokeWidth={1.5} />} title={t("generate.batchEmpty")} text={t("generate.batchEmptyText")} />
        ) : (
          <>
            <div className="sticky top-0 z-10 flex min-h-11 flex-wrap items-center gap-2 border-b border-line bg-surface px-4 py-1.5">
              <span role="status" className="tabular flex items-center gap-2">
                {batch.running && <Spinner className="text-accent" />}
                {t("generate.progress", { done: done.length, total: batch.items.length })}
                {failed.length > 0 && <span className="text-danger">{t("generate.failedRows", { count: failed.length })}</span>}
              </span>
              <span className="flex-1" />
              {!batch.running && failed.length > 0 && (
                <Button size="small" icon={<RotateCw size={14} strokeWidth={1.5} />} onClick={batch.retryFailed}>
                  {t("generate.retryFailed")}
                </Button>
              )}
              <Button size="small" icon={<Download size={14} strokeWidth={1.5} />} disabled={done.length === 0} onClick={download}>
                {t("generate.download")}
              </Button>
            </div>
            <ol>
              {batch.items.map((item) => (
                <BatchLine key={item.row.number} item={item} />
              ))}
            </ol>
          </>
        )}
      </section>
    </div>
  );
}

function Columns({ names }: { names: readonly string[] }) {
  const { t } = useTranslation();
  return (
    <div className="overflow-x-auto rounded-control border border-line">
      <table className="w-full font-mono text-12" aria-label={t("generate.columns")}>
        <thead>
          <tr>
            {names.map((name) => (
              <th key={name} className="border-r border-line bg-sunken px-2 py-1.5 text-start font-medium last:border-r-0">
                {name}
              </th>
            ))}
          </tr>
        </thead>
      </table>
    </div>
  );
}

function DropZone({ name, disabled, onFile }: { name: string | null; disabled: boolean; onFile: (file: File) => void }) {
  const { t } = useTranslation();
  const picker = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  return (
    <div
      className={`flex flex-col items-center gap-2 rounded-card border border-dashed px-4 py-6 text-center ${over ? "border-accent bg-accent-soft" : "border-line-strong"}`}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        const [file] = event.dataTransfer.files;
        if (file !== undefined && !disabled) onFile(file);
      }}
    >
      <FileSpreadsheet size={20} strokeWidth={1.5} className="text-muted" />
      <p className="break-all">{name ?? t("generate.dropCsv")}</p>
      <Button size="small" disabled={disabled} onClick={() => picker.current?.click()}>
        {name === null ? t("generate.chooseCsv") : t("generate.otherCsv")}
      </Button>
      <input
        ref={picker}
        type="file"
        hidden
        accept=".csv,text/csv"
        aria-label={t("generate.chooseCsv")}
        onChange={(event) => {
          const file = event.target.files?.[0];
          event.target.value = "";
          if (file !== undefined) onFile(file);
        }}
      />
    </div>
  );
}

const SHOWN_PROBLEMS = 20;

function Problems({ problems }: { problems: readonly BatchProblem[] }) {
  const { t } = useTranslation();
  const problemText = useProblemText();
  const text = (problem: BatchProblem): string => {
    switch (problem.kind) {
      case "empty":
        return t("generate.problems.empty");
      case "header":
        return t("generate.problems.header", { expected: problem.expected });
      case "tooManyRows":
        return t("generate.problems.tooManyRows", { max: problem.max });
      case "emptyRow":
        return t("generate.problems.emptyRow", { row: problem.row });
      case "field":
        return t("generate.problems.field", { row: problem.row, label: problem.label, problem: problemText(problem.problem) });
    }
  };
  return (
    <ul role="alert" className="flex flex-col gap-1 text-danger">
      {problems.slice(0, SHOWN_PROBLEMS).map((problem, at) => (
        <li key={at}>{text(problem)}</li>
      ))}
      {problems.length > SHOWN_PROBLEMS && <li>{t("generate.problems.more", { count: problems.length - SHOWN_PROBLEMS })}</li>}
    </ul>
  );
}

function BatchLine({ item }: { item: BatchItem }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const [open, setOpen] = useState(false);
  const { row, turn } = item;
  const status = turn === null ? "pending" : turn.status === "lost" ? "stopped" : turn.status;
  const line = turn === null ? t("generate.waiting") : turn.status === "failed" ? errorText(turn.error) : plainResult(turn);
  return (
    <li className="border-b border-line">
      <div className="flex items-center gap-2 pr-2 hover:bg-sunken">
        <button
          type="button"
          aria-expanded={open}
          disabled={turn === null}
          onClick={() => setOpen(!open)}
          className="flex min-h-9 min-w-0 flex-1 items-center gap-3 px-4 py-1.5 text-start"
        >
          <span className="tabular w-8 shrink-0 text-end text-muted">{row.number - 1}</span>
          <StatusIcon status={status} />
          <span className="flex min-w-0 flex-1 flex-col gap-x-3 md:flex-row">
            <span className="truncate text-muted md:w-1/4 md:shrink-0">{row.cells.join(" · ")}</span>
            <span className={`truncate md:flex-1 ${turn?.status === "failed" ? "text-danger" : ""}`}>{line}</span>
          </span>
        </button>
        <span className="flex size-10 shrink-0 items-center justify-center">
          {turn?.ended === true && turn.status !== "failed" && <CopyButton text={() => plainResult(turn)} />}
        </span>
      </div>
      {open && turn !== null && (
        <div className="px-4 pt-1 pb-4 md:pl-16">
          <Result turn={turn} depth={2} />
        </div>
      )}
    </li>
  );
}

import { useQueryClient } from "@tanstack/react-query";
import { Download, Sparkles, Trash2, Upload } from "lucide-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import type { components } from "@/api/schema";
import { useErrorText } from "@/i18n/errors";
import { Button, IconButton } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { NumberInput } from "@/ui/number-input";
import { Popover } from "@/ui/popover";
import { Select } from "@/ui/select";
import { Spinner } from "@/ui/spinner";

export type QuestionSet = components["schemas"]["QuestionSetShown"];

export const setsKey = (baseId: string) => ["datasets", "question-sets", baseId] as const;

interface QuestionSetsProps {
  baseId: string;
  sets: readonly QuestionSet[];
  chosen: QuestionSet | null;
  onChoose: (id: string) => void;
}

/** Which questions are asked: one of the sets, a file, or what a model writes about the chunks. */
export function QuestionSets({ baseId, sets, chosen, onChoose }: QuestionSetsProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const [error, setError] = useState<unknown>(null);
  const [removing, setRemoving] = useState(false);
  const [count, setCount] = useState(20);
  const picker = useRef<HTMLInputElement>(null);
  const path = { dataset_id: baseId };
  const made = async (request: Promise<QuestionSet>) => {
    setError(null);
    try {
      const { id } = await request;
      await queries.invalidateQueries({ queryKey: setsKey(baseId) });
      onChoose(id);
    } catch (caught) {
      setError(caught);
    }
  };
  const importFile = (file: File) => {
    const form = new FormData();
    form.append("file", file);
    return made(call(api.POST("/datasets/{dataset_id}/question-sets/import", { params: { path }, body: form as never, bodySerializer: (body) => body })));
  };
  return (
    <section className="flex flex-col gap-2" aria-label={t("evaluation.questions")}>
      <h2 className="font-medium">{t("evaluation.questions")}</h2>
      {sets.length === 0 && <p className="text-muted">{t("evaluation.noSets")}</p>}
      <div className="flex flex-wrap items-center gap-2">
        {sets.length > 0 && (
          <Select
            className="max-w-64"
            label={t("evaluation.questionSet")}
            value={chosen?.id ?? null}
            onChange={onChoose}
            options={sets.map((each) => ({ value: each.id, label: each.name, hint: t("evaluation.questionCount", { count: each.question_count }) }))}
          />
        )}
        <Button icon={<Upload size={16} strokeWidth={1.5} />} onClick={() => picker.current?.click()}>
          {t("evaluation.import")}
        </Button>
        <input
          ref={picker}
          type="file"
          accept=".csv,.jsonl,.ndjson"
          className="sr-only"
          tabIndex={-1}
          aria-label={t("evaluation.import")}
          onChange={(event) => {
            const file = event.target.files?.[0];
            event.target.value = "";
            if (file !== undefined) void importFile(file);
          }}
        />
        <Popover
          label={t("evaluation.write")}
          trigger={<Button icon={<Sparkles size={16} strokeWidth={1.5} />}>{t("evaluation.write")}</Button>}
        >
          <form
            className="flex w-64 flex-col gap-3 p-3"
            onSubmit={(event) => {
              event.preventDefault();
              void made(call(api.POST("/datasets/{dataset_id}/question-sets", { params: { path }, body: { name: t("evaluation.writtenName", { count }), generate: count, questions: [] } })));
            }}
          >
            <label className="flex flex-col gap-1">
              <span className="font-medium">{t("evaluation.howMany")}</span>
              <NumberInput min={1} max={1000} value={count} onChange={(next) => setCount(next ?? 1)} />
            </label>
            <p className="text-12 text-muted">{t("evaluation.writeHint")}</p>
            <Button type="submit" variant="primary">
              {t("evaluation.writeNow")}
            </Button>
          </form>
        </Popover>
        {chosen !== null && (
          <>
            <a
              href={`/console/api/datasets/${baseId}/question-sets/${chosen.id}/export`}
              download
              className="inline-flex size-8 items-center justify-center rounded-control text-muted hover:bg-sunken hover:text-text"
              aria-label={t("evaluation.export")}
              title={t("evaluation.export")}
            >
              <Download size={16} strokeWidth={1.5} />
            </a>
            <IconButton label={t("evaluation.removeSet", { name: chosen.name })} onClick={() => setRemoving(true)}>
              <Trash2 size={16} strokeWidth={1.5} />
            </IconButton>
          </>
        )}
      </div>
      {chosen !== null && (chosen.status === "waiting" || chosen.status === "running") && (
        <p className="flex items-center gap-2 text-muted" role="status">
          <Spinner />
          {t("evaluation.writing", { done: chosen.question_count, wanted: chosen.wanted })}
        </p>
      )}
      {chosen?.error != null && <p className="text-danger">{chosen.error}</p>}
      {error !== null && <p className="text-danger">{errorText(error)}</p>}
      {removing && chosen !== null && (
        <ConfirmDialog
          title={t("evaluation.removeSetTitle", { name: chosen.name })}
          text={t("evaluation.removeSetText")}
          action={t("evaluation.removeAction")}
          onClose={() => setRemoving(false)}
          onConfirm={async () => {
            await call(api.DELETE("/datasets/{dataset_id}/question-sets/{set_id}", { params: { path: { ...path, set_id: chosen.id } } }));
            await queries.invalidateQueries({ queryKey: ["datasets"] });
          }}
        />
      )}
    </section>
  );
}

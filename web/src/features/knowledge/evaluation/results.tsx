import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { Button, IconButton } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { Progress } from "@/ui/progress";
import { Select } from "@/ui/select";
import { Cell, HeadCell, Row, Table, TableHead } from "@/ui/table";
import { Plot } from "./plot";
import { FIGURES, rankings, type Evaluation, type Figure } from "./variants";

const SHOWN = 100;
const FETCHED = 500;

interface ResultsProps {
  baseId: string;
  evaluations: readonly Evaluation[];
  shown: Evaluation;
  onShow: (id: string) => void;
}

/** What came out: a table and a plot of the figures, and where each question found its answer. */
export function Results({ baseId, evaluations, shown, onShow }: ResultsProps) {
  const { t, i18n } = useTranslation();
  const queries = useQueryClient();
  const [figure, setFigure] = useState<Figure>("ndcg");
  const [removing, setRemoving] = useState(false);
  const path = { dataset_id: baseId, evaluation_id: shown.id };
  const open = shown.status === "waiting" || shown.status === "running";
  const number = (value: number) => value.toLocaleString(i18n.language, { minimumFractionDigits: 3, maximumFractionDigits: 3 });
  const best = Object.fromEntries(FIGURES.map((each) => [each, Math.max(...shown.results.map((result) => result.figures[each]?.value ?? 0))]));
  const refresh = () => queries.invalidateQueries({ queryKey: ["datasets", "evaluations", baseId] });
  return (
    <section className="flex flex-col gap-3" aria-label={t("evaluation.results")}>
      <div className="flex flex-wrap items-center gap-2">
        <h2 className="mr-auto font-medium">{t("evaluation.results")}</h2>
        {evaluations.length > 1 && (
          <Select
            className="max-w-72"
            label={t("evaluation.which")}
            value={shown.id}
            onChange={onShow}
            options={evaluations.map((each) => ({
              value: each.id,
              label: new Date(each.created_at * 1000).toLocaleString(i18n.language, { dateStyle: "medium", timeStyle: "short" }),
              hint: each.question_set_name,
            }))}
          />
        )}
        {open && (
          <Button onClick={() => void call(api.POST("/datasets/{dataset_id}/evaluations/{evaluation_id}/stop", { params: { path } })).then(refresh)}>{t("evaluation.stop")}</Button>
        )}
        <IconButton label={t("evaluation.remove")} onClick={() => setRemoving(true)}>
          <Trash2 size={16} strokeWidth={1.5} />
        </IconButton>
      </div>
      {open && <Progress label={t("evaluation.asking", { done: shown.done, total: shown.total })} share={shown.total === 0 ? null : shown.done / shown.total} />}
      {shown.error !== null && <p className="text-danger">{shown.error}</p>}
      {shown.results.length > 0 && (
        <>
          <Table label={t("evaluation.results")}>
            <TableHead>
              <HeadCell>{t("evaluation.variant")}</HeadCell>
              {FIGURES.map((each) => (
                <HeadCell key={each} numeric>
                  {t(`evaluation.figures.${each}`)}
                </HeadCell>
              ))}
              <HeadCell numeric>{t("evaluation.time")}</HeadCell>
            </TableHead>
            <tbody>
              {shown.results.map((result, at) => (
                <Row key={at}>
                  <Cell>
                    {shown.variants[at]?.name}
                    {result.error !== null && (
                      <span className="block text-12 text-danger">
                        {t("evaluation.failed", { count: result.failed })} {result.error}
                      </span>
                    )}
                  </Cell>
                  {FIGURES.map((each) => {
                    const found = result.figures[each];
                    return (
                      <Cell
                        key={each}
                        className={found !== undefined && found.value > 0 && found.value === best[each] ? "text-end font-medium" : "text-end"}
                        title={found && t("evaluation.interval", { low: number(found.low), high: number(found.high) })}
                      >
                        {found && number(found.value)}
                      </Cell>
                    );
                  })}
                  <Cell className="text-end">{result.p50_ms.toLocaleString(i18n.language, { maximumFractionDigits: 1 })} ms</Cell>
                </Row>
              ))}
            </tbody>
          </Table>
          <Select
            className="max-w-48"
            label={t("evaluation.figure")}
            value={figure}
            onChange={setFigure}
            options={FIGURES.map((each) => ({ value: each, label: t(`evaluation.figures.${each}`) }))}
          />
          <Plot evaluation={shown} figure={figure} />
          <QuestionPlaces baseId={baseId} evaluation={shown} />
        </>
      )}
      {removing && (
        <ConfirmDialog
          title={t("evaluation.removeTitle")}
          text={t("evaluation.removeText")}
          action={t("evaluation.removeAction")}
          onClose={() => setRemoving(false)}
          onConfirm={async () => {
            await call(api.DELETE("/datasets/{dataset_id}/evaluations/{evaluation_id}", { params: { path } }));
            await refresh();
          }}
        />
      )}
    </section>
  );
}

/** Where the answer of each question came in each variant, those that are found worst first. */
function QuestionPlaces({ baseId, evaluation }: { baseId: string; evaluation: Evaluation }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const whole = useQuery({
    queryKey: ["datasets", "evaluation", evaluation.id, evaluation.results.length],
    queryFn: ({ signal }) =>
      call(api.GET("/datasets/{dataset_id}/evaluations/{evaluation_id}", { params: { path: { dataset_id: baseId, evaluation_id: evaluation.id } }, signal })),
    enabled: open,
  });
  const questions = useQuery({
    queryKey: ["datasets", "questions", evaluation.question_set_id],
    enabled: open,
    queryFn: async ({ signal }) => {
      const texts = new Map<string, string>();
      for (let page = 1; ; page += 1) {
        const found = await call(
          api.GET("/datasets/{dataset_id}/question-sets/{set_id}/questions", {
            params: { path: { dataset_id: baseId, set_id: evaluation.question_set_id }, query: { page, limit: FETCHED } },
            signal,
          }),
        );
        for (const each of found.data) texts.set(each.id, each.question);
        if (!found.has_more) return texts;
      }
    },
  });
  const rows = rankings(whole.data?.results ?? []).slice(0, SHOWN);
  return (
    <details className="rounded-card border border-line" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="cursor-pointer px-3 py-2 font-medium">{t("evaluation.places")}</summary>
      <Table label={t("evaluation.places")} className="max-h-100 border-t border-line">
        <TableHead>
          <HeadCell>{t("evaluation.question")}</HeadCell>
          {evaluation.results.map((_, at) => (
            <HeadCell key={at} numeric>
              {evaluation.variants[at]?.name}
            </HeadCell>
          ))}
        </TableHead>
        <tbody>
          {rows.map((row) => (
            <Row key={row.id}>
              <Cell className="max-w-100 min-w-48">{questions.data?.get(row.id) ?? ""}</Cell>
              {row.places.map((place, at) => (
                <Cell key={at} className={place === 0 ? "text-end text-danger" : "text-end"}>
                  {place === 0 ? t("evaluation.missing") : place}
                </Cell>
              ))}
            </Row>
          ))}
        </tbody>
      </Table>
    </details>
  );
}

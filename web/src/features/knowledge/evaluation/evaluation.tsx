import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Play, Plus, X } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import type { components } from "@/api/schema";
import { useErrorText } from "@/i18n/errors";
import { Button, IconButton } from "@/ui/button";
import { NumberInput } from "@/ui/number-input";
import { Select } from "@/ui/select";
import { QuestionSets, setsKey } from "./question-sets";
import { Results } from "./results";
import { variantOf, type Draft, type Method } from "./variants";

const MOST = 12;
const LOOK_EVERY = 1000;
const evaluationsKey = (baseId: string) => ["datasets", "evaluations", baseId] as const;

/** Measures how well ways of searching find what answers the questions of a set, so that one is chosen on evidence. */
export function EvaluationTab({ base }: { base: components["schemas"]["DatasetShown"] }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const economy = base.indexing_technique === "economy";
  const [setId, setSetId] = useState<string | null>(null);
  const [shownId, setShownId] = useState<string | null>(null);
  const [drafts, setDrafts] = useState<readonly Draft[]>(() => beginning(base.id, economy));
  const [error, setError] = useState<unknown>(null);
  const path = { dataset_id: base.id };
  const sets = useQuery({
    queryKey: setsKey(base.id),
    queryFn: ({ signal }) => call(api.GET("/datasets/{dataset_id}/question-sets", { params: { path }, signal })),
    refetchInterval: ({ state }) => (state.data?.some((each) => isOpen(each.status)) === true ? LOOK_EVERY : false),
  });
  const evaluations = useQuery({
    queryKey: evaluationsKey(base.id),
    queryFn: ({ signal }) => call(api.GET("/datasets/{dataset_id}/evaluations", { params: { path }, signal })),
    refetchInterval: ({ state }) => (state.data?.some((each) => isOpen(each.status)) === true ? LOOK_EVERY : false),
  });
  const bases = useQuery({
    queryKey: ["datasets", "list", "all"],
    queryFn: ({ signal }) => call(api.GET("/datasets", { params: { query: { limit: 100 } }, signal })),
  });
  const chosen = sets.data?.find((each) => each.id === setId) ?? sets.data?.[0] ?? null;
  const shown = evaluations.data?.find((each) => each.id === shownId) ?? evaluations.data?.[0] ?? null;
  const others = (bases.data?.data ?? []).filter((each) => each.id !== base.id && each.provider === "vendor" && each.document_count > 0);
  const nameOf = (draft: Draft) => {
    const method = t(`evaluation.methods.${draft.method}`);
    const weighted = draft.method === "hybrid_search" && draft.meaning !== null ? t("evaluation.weighted", { method, weight: draft.meaning }) : method;
    const other = others.find((each) => each.id === draft.baseId);
    return other === undefined ? weighted : `${other.name}: ${weighted}`;
  };
  const change = (at: number, part: Partial<Draft>) => setDrafts(drafts.map((draft, place) => (place === at ? { ...draft, ...part } : draft)));
  const start = async () => {
    if (chosen === null) return;
    setError(null);
    try {
      const variants = drafts.map((draft) => variantOf(draft, nameOf(draft)));
      const begun = await call(api.POST("/datasets/{dataset_id}/evaluations", { params: { path }, body: { question_set_id: chosen.id, variants } }));
      await queries.invalidateQueries({ queryKey: evaluationsKey(base.id) });
      setShownId(begun.id);
    } catch (caught) {
      setError(caught);
    }
  };
  if (sets.error !== null) return <p className="py-4 text-danger">{errorText(sets.error)}</p>;
  const methods: readonly Method[] = economy ? ["own"] : ["semantic_search", "full_text_search", "hybrid_search", "own"];
  return (
    <div className="flex flex-col gap-6 py-4">
      <p className="max-w-160 text-muted">{t("evaluation.intro")}</p>
      <QuestionSets baseId={base.id} sets={sets.data ?? []} chosen={chosen} onChoose={setSetId} />
      <section className="flex flex-col gap-2" aria-label={t("evaluation.compare")}>
        <h2 className="font-medium">{t("evaluation.compare")}</h2>
        <ul className="flex flex-col gap-2">
          {drafts.map((draft, at) => (
            <li key={at} className="flex flex-wrap items-center gap-2">
              <Select
                className="max-w-52"
                label={t("evaluation.method", { number: at + 1 })}
                value={draft.method}
                onChange={(method) => change(at, { method })}
                options={methods.map((method) => ({ value: method, label: t(`evaluation.methods.${method}`) }))}
              />
              {draft.method === "hybrid_search" && (
                <NumberInput
                  className="max-w-36"
                  aria-label={t("evaluation.meaning", { number: at + 1 })}
                  placeholder={t("evaluation.meaningPlaceholder")}
                  min={0}
                  max={1}
                  step={0.05}
                  value={draft.meaning}
                  onChange={(meaning) => change(at, { meaning })}
                />
              )}
              {others.length > 0 && (
                <Select
                  className="max-w-52"
                  label={t("evaluation.base", { number: at + 1 })}
                  value={draft.baseId}
                  onChange={(baseId) => change(at, { baseId })}
                  options={[{ value: base.id, label: base.name }, ...others.map((each) => ({ value: each.id, label: each.name }))]}
                />
              )}
              {drafts.length > 1 && (
                <IconButton label={t("evaluation.removeVariant", { number: at + 1 })} onClick={() => setDrafts(drafts.filter((_, place) => place !== at))}>
                  <X size={16} strokeWidth={1.5} />
                </IconButton>
              )}
            </li>
          ))}
        </ul>
        {others.length > 0 && <p className="text-12 text-muted">{t("evaluation.otherBases")}</p>}
        <div className="flex flex-wrap gap-2">
          {drafts.length < MOST && (
            <Button icon={<Plus size={16} strokeWidth={1.5} />} onClick={() => setDrafts([...drafts, { method: economy ? "own" : "hybrid_search", meaning: economy ? null : 0.5, baseId: base.id }])}>
              {t("evaluation.addVariant")}
            </Button>
          )}
          <Button variant="primary" icon={<Play size={16} strokeWidth={1.5} />} disabled={chosen?.status !== "ready" || chosen.question_count === 0} onClick={() => void start()}>
            {t("evaluation.run")}
          </Button>
        </div>
        {error !== null && <p className="text-danger">{errorText(error)}</p>}
      </section>
      {shown !== null && <Results key={shown.id} baseId={base.id} evaluations={evaluations.data ?? []} shown={shown} onShow={setShownId} />}
    </div>
  );
}

function isOpen(status: string): boolean {
  return status === "waiting" || status === "running";
}

function beginning(baseId: string, economy: boolean): Draft[] {
  if (economy) return [{ method: "own", meaning: null, baseId }];
  return (["semantic_search", "full_text_search", "hybrid_search"] as const).map((method) => ({ method, meaning: null, baseId }));
}

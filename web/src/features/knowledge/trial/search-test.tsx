import { useMutation, useQueryClient } from "@tanstack/react-query";
import { RotateCcw, Search } from "lucide-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call, type Schemas } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { TextInput } from "@/ui/field";
import { ExternalRetrievalSettings } from "../external-retrieval";
import { lacksRerankModel } from "../retrieval";
import { RetrievalSettings } from "../retrieval-settings";
import { Passage } from "./passage";
import { Records, recordsKey } from "./records";

const LONGEST = 250;

/** Asks a base as an app would, with its settings or others for this once, and shows what it finds. */
export function SearchTest({ base }: { base: Schemas["DatasetShown"] }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const field = useRef<HTMLInputElement>(null);
  const [query, setQuery] = useState("");
  // Null: as the base is set.
  const [ownRetrieval, setRetrieval] = useState<Schemas["RetrievalModel"] | null>(null);
  const [ownElsewhere, setElsewhere] = useState<Schemas["ExternalRetrieval"] | null>(null);
  const retrieval = ownRetrieval ?? base.retrieval_model_dict;
  const elsewhere = ownElsewhere ?? base.external_retrieval_model;
  const external = base.provider === "external";
  const economy = base.indexing_technique === "economy";
  const changed = ownRetrieval !== null || ownElsewhere !== null;
  const test = useMutation({
    mutationFn: (text: string) =>
      call(
        api.POST("/datasets/{dataset_id}/hit-testing", {
          params: { path: { dataset_id: base.id } },
          body: {
            query: text,
            ...(external ? { external_retrieval_model: { ...elsewhere } } : { retrieval_model: { ...retrieval, ...(economy ? { search_method: "keyword_search" } : {}) } }),
          },
        }),
      ),
    onSettled: () => queries.invalidateQueries({ queryKey: recordsKey(base.id) }),
  });
  const lacking = !external && !economy && lacksRerankModel(retrieval);
  const ask = (text: string) => {
    if (text.trim() !== "" && !lacking && !test.isPending) test.mutate(text.trim());
  };
  return (
    <div className="grid items-start gap-8 py-4 lg:grid-cols-[minmax(0,1fr)_360px]">
      <div className="flex min-w-0 flex-col gap-4">
        <form
          className="flex flex-wrap gap-2"
          onSubmit={(event) => {
            event.preventDefault();
            ask(query);
          }}
        >
          <TextInput
            ref={field}
            className="min-w-48 flex-1"
            maxLength={LONGEST}
            aria-label={t("knowledgeSetup.list.question")}
            placeholder={t("knowledgeSetup.list.question")}
            value={query}
            onChange={(event) => setQuery(event.target.value)}
          />
          <Button type="submit" variant="primary" busy={test.isPending} disabled={query.trim() === "" || lacking} icon={<Search size={16} strokeWidth={1.5} />}>
            {t("knowledgeSetup.list.find")}
          </Button>
        </form>
        {test.error !== null && (
          <p role="alert" className="break-words text-danger">
            {errorText(test.error)}
          </p>
        )}
        {test.data === undefined && test.error === null && <p className="text-muted">{t("knowledgeSetup.trial.invite")}</p>}
        <div role="status">
          {test.data !== undefined && (
            <p className="text-muted">{test.data.records.length === 0 ? t("knowledgeSetup.list.nothingFound") : t("knowledgeSetup.trial.count", { count: test.data.records.length })}</p>
          )}
        </div>
        <ol className="flex flex-col gap-3">
          {test.data?.records.map((record, at) => (
            <li key={record.segment.id === "" ? at : record.segment.id} className="rounded-card border border-line bg-surface p-3">
              <Passage record={record} />
            </li>
          ))}
        </ol>
      </div>
      <div className="flex min-w-0 flex-col gap-8">
        <section className="flex flex-col gap-4">
          <h3 className="font-semibold">{t("knowledgeSetup.trial.settings")}</h3>
          {external ? <ExternalRetrievalSettings value={elsewhere} onChange={setElsewhere} /> : <RetrievalSettings narrow value={retrieval} economy={economy} onChange={setRetrieval} />}
          {changed && (
            <Button
              size="small"
              className="self-start"
              icon={<RotateCcw size={14} strokeWidth={1.5} />}
              onClick={() => {
                setRetrieval(null);
                setElsewhere(null);
              }}
            >
              {t("knowledgeSetup.trial.own")}
            </Button>
          )}
        </section>
        <Records
          baseId={base.id}
          onChoose={(text) => {
            setQuery(text);
            field.current?.focus();
          }}
        />
      </div>
    </div>
  );
}

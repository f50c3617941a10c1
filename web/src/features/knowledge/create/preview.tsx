import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call, type Schemas } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { namedPictures } from "@/ui/pictured-parts";
import { Select } from "@/ui/select";
import { Spinner } from "@/ui/spinner";
import { sourceList, type Chosen } from "./chosen";
import { formOf, ruleOf, type Cutting } from "./cutting";

const CALM_MS = 500;

interface PreviewProps {
  chosen: Chosen;
  cutting: Cutting;
  baseId: string | null;
  /** The rule can be used. */
  ready: boolean;
}

/** What one of the documents would be cut into, cut by the same code that takes it in. */
export function Preview({ chosen, cutting, baseId, ready }: PreviewProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const [wanted, setWanted] = useState("");
  const item = (chosen.items.find(({ id }) => id === wanted) ?? chosen.items[0])?.id ?? "";
  const calm = useCalm(cutting);
  const [asked, setAsked] = useState<Cutting | null>(null);
  const pairs = calm.way === "pairs";
  const estimate = useQuery({
    // Not below what bases are kept under: a change of one must not ask a model for its samples again.
    queryKey: ["estimate", item, calm, baseId],
    enabled: ready && item !== "" && (!pairs || asked === calm),
    staleTime: 300_000,
    retry: false,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }): Promise<Schemas["Estimate"]> =>
      call(
        api.POST("/datasets/indexing-estimate", {
          body: {
            info_list: sourceList(chosen, item),
            process_rule: ruleOf(calm),
            doc_form: formOf(calm.way),
            doc_language: calm.language,
            ...(baseId === null ? {} : { dataset_id: baseId }),
          },
          signal,
        }),
      ),
  });
  return (
    <section aria-label={t("knowledgeSetup.preview.title")} className="flex min-w-0 flex-col gap-3">
      <div className="flex flex-wrap items-center gap-3">
        <h2 className="font-semibold">{t("knowledgeSetup.preview.title")}</h2>
        {estimate.data !== undefined && <span className="tabular text-muted">{t("knowledgeSetup.preview.count", { count: estimate.data.total_segments ?? 0 })}</span>}
        {estimate.isFetching && <Spinner />}
      </div>
      <Select label={t("knowledgeSetup.preview.document")} value={item} onChange={setWanted} options={chosen.items.map(({ id, name }) => ({ value: id, label: name }))} />
      {pairs && asked !== calm && (
        <div className="flex flex-col items-start gap-2">
          <p className="text-muted">{t("knowledgeSetup.preview.pairs")}</p>
          <Button disabled={!ready} onClick={() => setAsked(calm)}>
            {t("knowledgeSetup.preview.ask")}
          </Button>
        </div>
      )}
      {estimate.error !== null && <p className="break-words text-danger">{errorText(estimate.error)}</p>}
      {estimate.data !== undefined && estimate.error === null && <Pieces estimate={estimate.data} />}
    </section>
  );
}

function Pieces({ estimate }: { estimate: Schemas["Estimate"] }) {
  const { t } = useTranslation();
  const chunks = estimate.preview ?? [];
  const pairs = estimate.qa_preview ?? [];
  return (
    <>
      {estimate.notice != null && <p className="text-warn">{estimate.notice}</p>}
      {chunks.length === 0 && pairs.length === 0 && <p className="text-muted">{t("knowledgeSetup.preview.empty")}</p>}
      <ol className="flex flex-col gap-2">
        {pairs.map((pair, at) => (
          <li key={at} className="rounded-card border border-line bg-surface p-3">
            <p className="font-medium break-words">{pair.question}</p>
            <p className="break-words whitespace-pre-wrap">{pair.answer}</p>
          </li>
        ))}
        {pairs.length === 0 &&
          chunks.map((chunk, at) => (
            <li key={at} className="rounded-card border border-line bg-surface p-3">
              <p className="tabular mb-1 text-12 text-muted">
                #{at + 1} · {t("knowledgeSetup.list.chunkWords", { count: chunk.content.length })}
              </p>
              {(chunk.child_chunks ?? []).length === 0 ? (
                <p className="break-words whitespace-pre-wrap">{namedPictures(chunk.content)}</p>
              ) : (
                <ol className="flex flex-col gap-1">
                  {(chunk.child_chunks ?? []).map((child, number) => (
                    <li key={number} className="rounded-sm bg-sunken px-2 py-1 break-words whitespace-pre-wrap">
                      {namedPictures(child)}
                    </li>
                  ))}
                </ol>
              )}
            </li>
          ))}
      </ol>
    </>
  );
}

/** A value once it has not changed for a while. */
function useCalm<Value>(value: Value): Value {
  const [calm, setCalm] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setCalm(value), CALM_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return calm;
}

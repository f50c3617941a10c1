import { useMutation } from "@tanstack/react-query";
import { Search } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { TextInput } from "@/ui/field";
import { Select } from "@/ui/select";

const LONGEST = 250;
const METHODS = ["semantic_search", "full_text_search", "hybrid_search"] as const;

/** Asks a base as an app would, and shows what it finds. */
export function SearchTest({ baseId, economy }: { baseId: string; economy: boolean }) {
  const { t, i18n } = useTranslation();
  const errorText = useErrorText();
  const [query, setQuery] = useState("");
  const [method, setMethod] = useState<(typeof METHODS)[number]>("hybrid_search");
  const test = useMutation({
    mutationFn: (text: string) =>
      call(
        api.POST("/datasets/{dataset_id}/hit-testing", {
          params: { path: { dataset_id: baseId } },
          body: {
            query: text,
            retrieval_model: { search_method: economy ? "keyword_search" : method, top_k: 5, reranking_enable: false, score_threshold_enabled: false },
          },
        }),
      ),
  });
  return (
    <div className="flex flex-col gap-4 py-4">
      <form
        className="flex flex-wrap gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          if (query.trim() !== "") test.mutate(query.trim());
        }}
      >
        <TextInput
          className="min-w-48 flex-1"
          maxLength={LONGEST}
          aria-label={t("knowledge.question")}
          placeholder={t("knowledge.question")}
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
        {!economy && (
          <Select
            className="max-w-48"
            label={t("knowledge.method")}
            value={method}
            onChange={setMethod}
            options={METHODS.map((each) => ({ value: each, label: t(`knowledge.methods.${each}`) }))}
          />
        )}
        <Button type="submit" variant="primary" busy={test.isPending} disabled={query.trim() === ""} icon={<Search size={16} strokeWidth={1.5} />}>
          {t("knowledge.find")}
        </Button>
      </form>
      {test.error !== null && <p className="text-danger">{errorText(test.error)}</p>}
      {test.data?.records.length === 0 && <p className="text-muted">{t("knowledge.nothingFound")}</p>}
      <ol className="flex flex-col gap-3">
        {test.data?.records.map((record) => (
          <li key={record.segment.id} className="rounded-card border border-line bg-surface p-3">
            <p className="mb-1 flex gap-3 text-12 text-muted">
              <span className="min-w-0 flex-1 truncate">{record.segment.document.name}</span>
              {typeof record.score === "number" && !economy && (
                <span className="tabular">{t("knowledge.score", { score: record.score.toLocaleString(i18n.language, { maximumFractionDigits: 3 }) })}</span>
              )}
            </p>
            <p className="break-words whitespace-pre-wrap">{record.segment.content}</p>
          </li>
        ))}
      </ol>
    </div>
  );
}

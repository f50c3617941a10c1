import { useTranslation } from "react-i18next";
import { isJsonObject, type JsonObject, type JsonValue } from "@/api/json";

const SHOWN = 50;

/** What a knowledge base node would keep (spec workflow-nodes §28). */
export function ChunkPreview({ outputs }: { outputs: JsonObject }) {
  const { t, i18n } = useTranslation();
  const chunks = records(outputs.preview ?? outputs.qa_preview);
  const total = typeof outputs.total_segments === "number" ? outputs.total_segments : chunks.length;
  return (
    <section aria-label={t("pipelines.preview.title")} className="flex flex-col gap-2">
      <h3 className="font-semibold">{t("pipelines.preview.count", { count: total, shown: total.toLocaleString(i18n.language) })}</h3>
      <ol className="flex flex-col gap-2">
        {chunks.slice(0, SHOWN).map((chunk, place) => (
          <li key={place} className="flex min-w-0 flex-col gap-1 rounded-card border border-line bg-surface p-3">
            <span className="tabular text-12 text-muted">{t("pipelines.preview.number", { number: place + 1, length: text(chunk.content ?? chunk.question).length })}</span>
            <p className="break-words whitespace-pre-wrap">{text(chunk.content ?? chunk.question)}</p>
            {chunk.answer !== undefined && <p className="border-t border-line pt-1 break-words whitespace-pre-wrap text-muted">{text(chunk.answer)}</p>}
            {Array.isArray(chunk.child_chunks) && (
              <ul aria-label={t("pipelines.preview.children")} className="flex flex-wrap gap-1 pt-1">
                {chunk.child_chunks.map((child, at) => (
                  <li key={at} className="max-w-full rounded-control bg-sunken px-2 py-0.5 text-12 break-words">
                    {text(child)}
                  </li>
                ))}
              </ul>
            )}
          </li>
        ))}
      </ol>
      {chunks.length > SHOWN && <p className="text-muted">{t("pipelines.preview.first", { count: SHOWN })}</p>}
    </section>
  );
}

function records(value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function text(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : "";
}

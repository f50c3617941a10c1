import { FileText } from "lucide-react";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import type { RetrieverResource } from "@/api/events";
import { Popover } from "@/ui/popover";

const PicturedText = lazy(async () => ({ default: (await import("@/ui/pictured-text")).PicturedText }));

/** The sources of an answer as numbered chips, each with a card. */
export function Citations({ resources }: { resources: readonly RetrieverResource[] }) {
  const { t } = useTranslation();
  if (resources.length === 0) return null;
  return (
    <ul className="flex flex-wrap gap-1.5" aria-label={t("chat.sources")}>
      {resources.map((resource) => (
        <li key={`${resource.position}-${resource.segment_id}`}>
          <Popover
            label={resource.document_name}
            trigger={
              <button
                type="button"
                className="inline-flex h-7 max-w-60 items-center gap-1.5 rounded-full border border-line pr-2.5 pl-1 hover:bg-sunken pointer-coarse:h-10"
              >
                <span className="tabular inline-flex size-5 items-center justify-center rounded-full bg-accent-soft text-12 font-medium text-accent">
                  {resource.position}
                </span>
                <span className="truncate text-12">{resource.document_name}</span>
              </button>
            }
          >
            <div className="mb-2 flex items-center gap-2">
              <FileText size={16} strokeWidth={1.5} className="shrink-0 text-muted" />
              <span className="min-w-0 flex-1 truncate font-medium">{resource.document_name}</span>
              {resource.score !== null && (
                <span className="tabular text-12 text-muted">{t("chat.score", { score: resource.score.toFixed(2) })}</span>
              )}
            </div>
            <p className="text-muted whitespace-pre-wrap">
              <Suspense fallback={resource.content}>
                <PicturedText text={resource.content} />
              </Suspense>
            </p>
          </Popover>
        </li>
      ))}
    </ul>
  );
}

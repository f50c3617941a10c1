import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { TagLine } from "@/features/tags/tag-popover";
import { useBaseTagging } from "@/features/tags/tags-query";
import { AppIcon } from "@/ui/app-icon";
import { Badge } from "@/ui/badge";
import { iconOf } from "./base-icon";

/** A knowledge base in the list: a click opens it. */
export function BaseCard({ base, editable }: { base: Schemas["DatasetShown"]; editable: boolean }) {
  const { t, i18n } = useTranslation();
  const tagging = useBaseTagging(base.id);
  const number = (count: number) => count.toLocaleString(i18n.language);
  return (
    <article className="group relative flex h-full flex-col rounded-card border border-line bg-surface p-4 pb-2 transition-colors hover:border-line-strong">
      <div className="flex items-start gap-3">
        <AppIcon name={base.name} {...iconOf(base)} />
        <div className="min-w-0 flex-1">
          <h2 className="truncate text-14 font-semibold">
            <Link
              to="/datasets/$baseId"
              params={{ baseId: base.id }}
              title={base.name}
              className="rounded-sm after:absolute after:inset-0 after:rounded-card focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:outline-accent"
            >
              {base.name}
            </Link>
          </h2>
          <p className="truncate text-12 text-muted">{base.author_name === null ? " " : t("apps.madeBy", { name: base.author_name })}</p>
        </div>
        {base.provider === "external" && <Badge>{t("knowledgeSetup.bases.external")}</Badge>}
        {base.embedding_available === false && <Badge tone="warn">{t("knowledgeSetup.bases.noModel")}</Badge>}
      </div>
      <p className="mt-2.5 line-clamp-2 min-h-10 text-muted" title={base.description}>
        {base.description}
      </p>
      <div className="mt-auto flex items-center justify-between gap-3">
        <div className="relative -ml-1.5 min-w-0">
          <TagLine kind="knowledge" name={base.name} chosen={base.tags} editable={editable} onTag={(tag, on) => tagging.mutate({ tag, on })} />
        </div>
        <span className="tabular shrink-0 py-1.5 text-12 text-muted">
          {t("knowledgeSetup.list.counts", { documents: number(base.document_count), words: number(base.word_count), apps: number(base.app_count) })}
        </span>
      </div>
    </article>
  );
}

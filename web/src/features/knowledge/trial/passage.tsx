import { Maximize2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { Badge } from "@/ui/badge";
import { IconButton } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { PicturedText } from "@/ui/pictured-text";
import { highlighted } from "./highlight";

type Found = Schemas["FoundRecord"];

/** A passage that was found: where it is from, how good it fits, and its beginning; the whole on a click. */
export function Passage({ record }: { record: Found }) {
  const { t } = useTranslation();
  const [whole, setWhole] = useState(false);
  const { segment } = record;
  const parts = record.child_chunks ?? [];
  return (
    <>
      <div className="mb-1 flex items-center gap-3 text-12 text-muted">
        <span className="min-w-0 flex-1 truncate" title={segment.document.name}>
          {segment.document.name}
          {segment.id !== "" && ` · ${t("knowledgeSetup.trial.place", { position: segment.position })}`}
        </span>
        {parts.length > 0 && <span className="tabular whitespace-nowrap">{t("knowledgeSetup.trial.parts", { count: parts.length })}</span>}
        <Score score={record.score} />
        <IconButton label={t("knowledgeSetup.trial.open", { name: segment.document.name })} onClick={() => setWhole(true)}>
          <Maximize2 size={14} strokeWidth={1.5} />
        </IconButton>
      </div>
      <Summary record={record} />
      <Content segment={segment} parts={parts} className="line-clamp-6" />
      {whole && <WholePassage record={record} onClose={() => setWhole(false)} />}
    </>
  );
}

/** Keywords give none. */
function Score({ score }: { score: Found["score"] }) {
  const { t, i18n } = useTranslation();
  if (typeof score !== "number") return null;
  return (
    <Badge tone="accent">
      <span className="tabular">{t("knowledgeSetup.list.score", { score: score.toLocaleString(i18n.language, { maximumFractionDigits: 3 }) })}</span>
    </Badge>
  );
}

/** The summary by which a passage was found. */
function Summary({ record }: { record: Found }) {
  const { t } = useTranslation();
  if (record.summary == null) return null;
  return (
    <p className="mb-2 border-l-2 border-accent pl-2 break-words whitespace-pre-wrap text-muted">
      <span className="sr-only">{t("knowledgeSetup.chunk.summary")}: </span>
      {record.summary}
    </p>
  );
}

interface ContentProps {
  segment: Found["segment"];
  parts: readonly Schemas["FoundChildShown"][];
  className?: string;
}

function Content({ segment, parts, className = "" }: ContentProps) {
  return (
    <>
      <p className={`break-words whitespace-pre-wrap ${className}`}>
        {highlighted(segment.content, parts.map((part) => part.content)).map(({ text, marked }, at) =>
          marked ? (
            <mark key={at} className="rounded-sm bg-accent-soft text-text">
              <PicturedText text={text} />
            </mark>
          ) : (
            <PicturedText key={at} text={text} />
          ),
        )}
      </p>
      {segment.answer !== null && segment.answer !== "" && <p className={`mt-2 border-l-2 border-line pl-2 break-words whitespace-pre-wrap text-muted ${className}`}>{segment.answer}</p>}
    </>
  );
}

function WholePassage({ record, onClose }: { record: Found; onClose: () => void }) {
  const { t } = useTranslation();
  const { segment } = record;
  const parts = record.child_chunks ?? [];
  const metadata = Object.entries(segment.document.doc_metadata ?? {});
  return (
    <Dialog open size="large" onOpenChange={onClose} title={segment.document.name}>
      <p className="mb-3 flex flex-wrap items-center gap-x-3 gap-y-1 text-12 text-muted">
        {segment.id !== "" && (
          <>
            <span className="tabular">#{segment.position}</span>
            <span className="tabular">{t("knowledgeSetup.list.hits", { count: segment.hit_count })}</span>
          </>
        )}
        <span className="tabular">{t("knowledgeSetup.list.chunkWords", { count: segment.word_count })}</span>
        <Score score={record.score} />
      </p>
      <Summary record={record} />
      <Content segment={segment} parts={parts} />
      {(segment.keywords ?? []).length > 0 && <p className="mt-3 text-12 text-muted">{segment.keywords?.join(" · ")}</p>}
      {parts.length > 0 && (
        <section className="mt-5 border-t border-line pt-4">
          <h3 className="mb-2 font-semibold">{t("knowledgeSetup.trial.partsTitle")}</h3>
          <ol className="flex flex-col gap-2">
            {parts.map((part) => (
              <li key={part.id} className="flex items-start gap-3">
                <p className="min-w-0 flex-1 break-words whitespace-pre-wrap">
                  <PicturedText text={part.content} />
                </p>
                <Score score={part.score} />
              </li>
            ))}
          </ol>
        </section>
      )}
      {metadata.length > 0 && (
        <section className="mt-5 border-t border-line pt-4">
          <h3 className="mb-2 font-semibold">{t("knowledgeSetup.trial.metadata")}</h3>
          <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1">
            {metadata.map(([name, value]) => (
              <div key={name} className="contents">
                <dt className="text-muted">{name}</dt>
                <dd className="min-w-0 break-words">{typeof value === "string" ? value : JSON.stringify(value)}</dd>
              </div>
            ))}
          </dl>
        </section>
      )}
    </Dialog>
  );
}

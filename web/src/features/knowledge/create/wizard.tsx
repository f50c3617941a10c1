import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { FileText, Globe, LibraryBig, NotebookText, PenLine, Server } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call, type Schemas } from "@/api/client";
import { lacksRerankModel } from "@/features/knowledge/retrieval";
import { pickerQuery } from "@/features/model-picker/models";
import { PageBar } from "@/features/shell/page-bar";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { RadioCards } from "@/ui/radio-cards";
import { BareBase } from "./bare-base";
import type { Chosen } from "./chosen";
import { cuttingOf, DEFAULT_CUTTING, problemOf, type Cutting } from "./cutting";
import { CuttingFields } from "./cutting-fields";
import { FilesSource } from "./files-source";
import { DEFAULT_INDEXING, IndexFields, type Indexing } from "./index-fields";
import { DEFAULT_NAMING, NameFields } from "./name-fields";
import { NotionSource } from "./notion-source";
import { Preview } from "./preview";
import { addDocuments, beginBase, cutAgain, type Sent } from "./send";
import { TextSource } from "./text-source";
import { useUploads } from "./use-uploads";
import { WebsiteSource } from "./website-source";

const SHORTEST = 50;
const LONGEST = 4000;
const ICON = { size: 16, strokeWidth: 1.5 };
const SOURCES = {
  files: { type: "upload_file", icon: <FileText {...ICON} /> },
  text: { type: "upload_file", icon: <PenLine {...ICON} /> },
  website: { type: "website_crawl", icon: <Globe {...ICON} /> },
  notion: { type: "notion_import", icon: <NotebookText {...ICON} /> },
  empty: { type: null, icon: <LibraryBig {...ICON} /> },
  external: { type: null, icon: <Server {...ICON} /> },
} as const;

export type Source = keyof typeof SOURCES;

export function sourceNamed(text: string | undefined): Source {
  return text !== undefined && text in SOURCES ? (text as Source) : "files";
}

interface WizardProps {
  /** Null makes a new base. */
  base: Schemas["DatasetShown"] | null;
  /** The document to cut anew, and where it came from. */
  again?: { id: string; name: string; chosen: Chosen | null };
  /** What the base, or the document, is cut by. */
  rule?: Schemas["ProcessRuleShown"];
  language?: string;
  source: Source;
  step: "source" | "cut";
  /** The address follows. */
  onGo: (to: { source: Source; step: "source" | "cut" }) => void;
}

/** From a source to documents that are being taken in: choose, cut, index. */
export function Wizard({ base, again, rule, language, source, step: wanted, onGo }: WizardProps) {
  const { t } = useTranslation();
  const uploads = useUploads();
  const [picked, setPicked] = useState<Chosen | null>(null);
  const form = base?.doc_form ?? null;
  const sent = uploads.list.flatMap(({ id, file }) => (id === null ? [] : [{ id, name: file.name }]));
  const fitting = picked?.type === SOURCES[source].type ? picked : null;
  const chosen = again?.chosen ?? (source === "files" ? { type: "upload_file" as const, items: sent } : fitting);
  const ready = chosen !== null && chosen.items.length > 0 && (source !== "files" || uploads.list.every((each) => each.id !== null));
  const cut = again !== undefined || (wanted === "cut" && ready);
  const offered = (Object.keys(SOURCES) as Source[]).filter((each) => {
    const { type } = SOURCES[each];
    if (base === null) return true;
    return type !== null && (base.data_source_type === null || base.data_source_type === type);
  });
  const title = t(again !== undefined ? "knowledgeSetup.again" : base === null ? "knowledgeSetup.list.create" : "knowledgeSetup.addTo");
  const crumbs = [{ id: "knowledge", content: t("knowledge.title") }, ...(base === null ? [] : [{ id: "base", content: base.name }])];
  return (
    <>
      <PageBar title={title} crumbs={crumbs} />
      <div className="mx-auto flex w-full max-w-300 flex-col gap-6 p-4">
        {!cut && (
          <>
            <RadioCards
              label={t("knowledgeSetup.source")}
              columns={3}
              value={source}
              onChange={(next) => onGo({ source: next, step: "source" })}
              options={offered.map((each) => ({ value: each, icon: SOURCES[each].icon, title: t(`knowledgeSetup.sources.${each}`), text: t(`knowledgeSetup.sourcesAbout.${each}`) }))}
            />
            {source === "files" && <FilesSource uploads={uploads} />}
            {source === "text" && <TextSource chosen={fitting} onChoose={setPicked} />}
            {source === "website" && <WebsiteSource chosen={fitting} onChoose={setPicked} />}
            {source === "notion" && <NotionSource baseId={base?.id ?? null} chosen={fitting} onChoose={setPicked} />}
            {source === "empty" || source === "external" ? (
              <BareBase key={source} external={source === "external"} />
            ) : (
              <Button variant="primary" className="self-start" disabled={!ready} onClick={() => onGo({ source, step: "cut" })}>
                {t("knowledgeSetup.next")}
              </Button>
            )}
          </>
        )}
        {cut && (
          <CutStep
            base={base}
            again={again}
            chosen={chosen}
            start={rule === undefined || form === null ? DEFAULT_CUTTING : cuttingOf(rule, form, language ?? DEFAULT_CUTTING.language)}
            longest={rule?.limits.indexing_max_segmentation_tokens_length ?? LONGEST}
            onBack={again === undefined ? () => onGo({ source, step: "source" }) : null}
          />
        )}
      </div>
    </>
  );
}

interface CutStepProps extends Pick<WizardProps, "base" | "again"> {
  chosen: Chosen | null;
  start: Cutting;
  longest: number;
  onBack: (() => void) | null;
}

function CutStep({ base, again, chosen, start, longest, onBack }: CutStepProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [cutting, setCutting] = useState(start);
  const [naming, setNaming] = useState(DEFAULT_NAMING);
  const indexing = useIndexing();
  const fresh = again === undefined && (base?.data_source_type ?? null) === null;
  const problem = problemOf(cutting, SHORTEST, longest);
  const lacksModel = fresh && indexing.value.technique === "high_quality" && (indexing.value.model === "" || lacksRerankModel(indexing.value.retrieval));
  const send = useMutation({
    mutationFn: (): Promise<Sent> => {
      if (base !== null && again !== undefined) return cutAgain(base.id, again.id, cutting);
      if (chosen === null) throw new Error("Nothing is chosen.");
      if (base === null) return beginBase(chosen, cutting, indexing.value, naming);
      return addDocuments(base.id, chosen, cutting, fresh ? indexing.value : null);
    },
    onSuccess: async ({ baseId, batch }) => {
      await queries.invalidateQueries({ queryKey: ["datasets"] });
      await navigate({ to: "/datasets/$baseId/progress/$batch", params: { baseId, batch } });
    },
  });
  const change = (next: Cutting) => {
    setCutting(next);
    if (next.way === "parents" || next.way === "pairs") indexing.set({ ...indexing.value, technique: "high_quality" });
  };
  return (
    <div className="grid gap-8 lg:grid-cols-2">
      <div className="flex min-w-0 flex-col gap-6">
        {again !== undefined && <p className="text-warn">{t("knowledgeSetup.againText", { name: again.name })}</p>}
        <CuttingFields value={cutting} onChange={change} form={base?.doc_form ?? null} problem={problem} shortest={SHORTEST} longest={longest} />
        {fresh && <IndexFields value={indexing.value} onChange={indexing.set} way={cutting.way} />}
        {base === null && <NameFields value={naming} onChange={setNaming} otherwise={chosen?.items[0]?.name ?? ""} />}
        {send.error !== null && <p className="break-words text-danger">{errorText(send.error)}</p>}
        <div className="flex gap-2">
          {onBack !== null && <Button onClick={onBack}>{t("knowledgeSetup.back")}</Button>}
          <Button variant="primary" busy={send.isPending} disabled={problem !== null || lacksModel} onClick={() => send.mutate()}>
            {t(again === undefined ? "knowledgeSetup.begin" : "knowledgeSetup.beginAgain")}
          </Button>
        </div>
      </div>
      {chosen !== null && <Preview chosen={chosen} cutting={cutting} baseId={base?.id ?? null} ready={problem === null} />}
    </div>
  );
}

/** How a new base finds chunks: by meaning with the default model, or by keywords while there is no model. */
function useIndexing() {
  const [given, set] = useState<Indexing | null>(null);
  const models = useQuery(pickerQuery("text-embedding"));
  const standard = useQuery({
    queryKey: ["models", "default", "text-embedding"],
    queryFn: ({ signal }) => call(api.GET("/workspaces/current/default-model", { params: { query: { model_type: "text-embedding" } }, signal })),
  });
  const first = models.data?.data.find((provider) => provider.models.length > 0);
  const chosen = standard.data?.data ?? null;
  const provider = chosen?.provider ?? first?.provider ?? "";
  const model = chosen?.model ?? first?.models[0]?.model ?? "";
  const value = given ?? { ...DEFAULT_INDEXING, provider, model };
  return { value: given !== null && given.model === "" ? { ...given, provider, model } : value, set };
}

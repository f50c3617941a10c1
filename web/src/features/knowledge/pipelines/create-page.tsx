import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { FileUp, Plus } from "lucide-react";
import { useRef, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { api, call, type Schemas } from "@/api/client";
import { PageBar } from "@/features/shell/page-bar";
import { useErrorText } from "@/i18n/errors";
import { Badge } from "@/ui/badge";
import { Skeleton } from "@/ui/empty";

type Template = Schemas["PipelineTemplate"];

const KNOWN = ["general", "parent-child", "questions-and-answers"] as const;

/** Begins a knowledge base with a pipeline: a blank one, that of an example, or one from a file. */
export function CreatePage() {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const input = useRef<HTMLInputElement>(null);
  const templates = useQuery({
    queryKey: ["pipelines", "templates"],
    queryFn: async ({ signal }) => (await call(api.GET("/rag/pipeline/templates", { signal }))).data,
    staleTime: Infinity,
  });
  const create = useMutation({
    mutationFn: async (from: { template: string | null } | { file: File }) =>
      "file" in from
        ? call(api.POST("/rag/pipelines/imports", { body: { mode: "yaml-content", yaml_content: await from.file.text() } }))
        : call(api.POST("/rag/pipelines", { body: { template_id: from.template, name: "", description: "" } })),
    onSuccess: async (base) => {
      await queries.invalidateQueries({ queryKey: ["datasets"] });
      await navigate({ to: "/datasets/$baseId/pipeline", params: { baseId: base.id } });
    },
  });
  const words = (template: Template) => {
    const known = KNOWN.find((each) => each === template.id);
    return known === undefined ? { name: template.name, text: template.description } : { name: t(`pipelines.examples.${known}.name`), text: t(`pipelines.examples.${known}.text`) };
  };
  return (
    <>
      <PageBar title={t("pipelines.create.title")} crumbs={[{ id: "knowledge", content: t("knowledge.title") }]} />
      <div className="mx-auto flex w-full max-w-300 flex-col gap-6 p-4">
        <p className="max-w-160 text-muted">{t("pipelines.create.text")}</p>
        {create.error !== null && (
          <p role="alert" className="break-words whitespace-pre-wrap text-danger">
            {errorText(create.error)}
          </p>
        )}
        <section aria-labelledby="pipeline-own" className="flex flex-col gap-3">
          <h2 id="pipeline-own" className="font-semibold">
            {t("pipelines.create.own")}
          </h2>
          <div className="grid gap-3 sm:grid-cols-2 xl:grid-cols-3">
            <Choice icon={<Plus size={20} strokeWidth={1.5} />} title={t("pipelines.create.blank")} text={t("pipelines.create.blankText")} busy={create.isPending} onChoose={() => create.mutate({ template: null })} />
            <Choice icon={<FileUp size={20} strokeWidth={1.5} />} title={t("pipelines.create.file")} text={t("pipelines.create.fileText")} busy={create.isPending} onChoose={() => input.current?.click()} />
            <input
              ref={input}
              type="file"
              hidden
              accept=".yml,.yaml,.pipeline"
              aria-label={t("pipelines.create.file")}
              onChange={(event) => {
                const file = event.target.files?.[0];
                event.target.value = "";
                if (file !== undefined) create.mutate({ file });
              }}
            />
          </div>
        </section>
        <section aria-labelledby="pipeline-examples" className="flex flex-col gap-3">
          <h2 id="pipeline-examples" className="font-semibold">
            {t("pipelines.create.examples")}
          </h2>
          {templates.error !== null && <p className="text-danger">{errorText(templates.error)}</p>}
          {templates.isPending && <Skeleton className="h-24 w-full" />}
          <div className="grid gap-3 sm:grid-cols-2 xl:grid-cols-3">
            {templates.data?.map((template) => {
              const { name, text } = words(template);
              return (
                <Choice key={template.id} icon={<span className="text-20">{template.icon}</span>} title={name} text={text} busy={create.isPending} onChoose={() => create.mutate({ template: template.id })}>
                  <span className="flex flex-wrap gap-1">
                    <Badge tone="plain">{t(`pipelines.structures.${template.chunk_structure as "text_model"}`)}</Badge>
                    <Badge tone="plain">{t(`knowledgeSetup.indexing.${template.indexing_technique as "economy"}`)}</Badge>
                  </span>
                </Choice>
              );
            })}
          </div>
        </section>
      </div>
    </>
  );
}

interface ChoiceProps {
  icon: ReactNode;
  title: string;
  text: string;
  busy: boolean;
  onChoose: () => void;
  children?: ReactNode;
}

function Choice({ icon, title, text, busy, onChoose, children }: ChoiceProps) {
  return (
    <button
      type="button"
      disabled={busy}
      onClick={onChoose}
      className="flex min-w-0 flex-col items-start gap-2 rounded-card border border-line bg-surface p-4 text-start transition-colors hover:border-accent disabled:opacity-60"
    >
      <span className="flex items-center gap-2 font-semibold">
        <span className="flex size-7 items-center justify-center text-accent" aria-hidden>
          {icon}
        </span>
        {title}
      </span>
      <span className="text-muted">{text}</span>
      {children}
    </button>
  );
}

import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import type { JsonObject } from "@/api/json";
import { InputForm } from "@/features/input-form/input-form";
import { useInputForm } from "@/features/input-form/use-input-form";
import { consoleUploads } from "@/features/workflow/running/start-fields";
import { useErrorText } from "@/i18n/errors";
import { RadioCards } from "@/ui/radio-cards";
import type { Chosen } from "../create/chosen";
import { FilesSource } from "../create/files-source";
import { useUploads, type Uploads } from "../create/use-uploads";
import { WebsiteSource } from "../create/website-source";
import { formOf, type PipelineOrder, type PipelineSource } from "./questions";

const NOTHING: JsonObject = {};

interface PipelineFormProps {
  sources: readonly PipelineSource[];
  /** Many files or pages at once; otherwise one. */
  several: boolean;
  onSubmit: (order: PipelineOrder) => void;
  /** The button, and what stands beside it. `ready` is false while there is no source. */
  actions: (ready: boolean) => ReactNode;
}

/** What a pipeline reads and asks for. */
export function PipelineForm({ sources, several, onSubmit, actions }: PipelineFormProps) {
  const { t } = useTranslation();
  const [nodeId, setNodeId] = useState(sources[0]?.node_id ?? "");
  const source = sources.find((each) => each.node_id === nodeId) ?? sources[0];
  if (source === undefined) return <p className="text-muted">{t("pipelines.run.noSource")}</p>;
  return (
    <div className="flex flex-col gap-4">
      {sources.length > 1 && (
        <RadioCards
          label={t("pipelines.run.source")}
          columns={2}
          value={source.node_id}
          onChange={setNodeId}
          options={sources.map((each) => ({
            value: each.node_id,
            title: each.title,
            text: t(`pipelines.source.kinds.${each.datasource_type as "local_file"}`),
          }))}
        />
      )}
      <SourceForm key={JSON.stringify([source.node_id, source.user_input_variables])} source={source} several={several} onSubmit={onSubmit} actions={actions} />
    </div>
  );
}

function SourceForm({ source, several, onSubmit, actions }: Omit<PipelineFormProps, "sources"> & { source: PipelineSource }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const [form] = useState(() => formOf(source.user_input_variables));
  const state = useInputForm(form, NOTHING);
  const many = useUploads();
  const uploads = several ? many : oneOf(many);
  const [pages, setPages] = useState<Chosen | null>(null);
  const [error, setError] = useState<unknown>(null);
  const kind = source.datasource_type;
  const ready = kind === "local_file" ? uploads.list.length > 0 && uploads.list.every((each) => each.id !== null) : kind === "website_crawl" && (pages?.items.length ?? 0) > 0;
  const submit = async () => {
    const inputs = state.submit();
    if (inputs === null || !ready) return;
    setError(null);
    try {
      const infos = kind === "local_file" ? uploads.list.map((each) => ({ related_id: each.id })) : await pagesOf(pages);
      onSubmit({ inputs, datasource_type: kind, datasource_info_list: several ? infos : infos.slice(0, 1), start_node_id: source.node_id });
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <div className="flex flex-col gap-4">
      {kind === "local_file" && (
        <>
          <FilesSource uploads={uploads} />
          {source.file_extensions.length > 0 && <p className="text-12 text-muted">{t("pipelines.run.accepted", { types: source.file_extensions.join(", ") })}</p>}
        </>
      )}
      {kind === "website_crawl" && <WebsiteSource chosen={pages} onChoose={setPages} />}
      {kind !== "local_file" && kind !== "website_crawl" && <p className="text-warn">{t("pipelines.source.plugin", { kind, plugin: source.plugin_id })}</p>}
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <InputForm client={consoleUploads} system={null} fields={state.fields} values={state.values} problems={state.problems} onChange={state.change} />
        {error !== null && (
          <p role="alert" className="text-danger">
            {errorText(error)}
          </p>
        )}
        {actions(ready)}
      </form>
    </div>
  );
}

/** A place for one file: another one takes its place. */
function oneOf(uploads: Uploads): Uploads {
  return {
    ...uploads,
    add: (files) => {
      for (const { key } of uploads.list) uploads.remove(key);
      uploads.add(files.slice(0, 1));
    },
  };
}

/** The pages that were picked, with what was read of them. */
async function pagesOf(chosen: Chosen | null): Promise<JsonObject[]> {
  if (chosen?.type !== "website_crawl") return [];
  const crawl = await call(api.GET("/website/crawl/status/{job_id}", { params: { path: { job_id: chosen.crawl.job_id } } }));
  const picked = new Set(chosen.items.map((item) => item.id));
  return (crawl.data ?? [])
    .filter((page) => picked.has(page.source_url ?? ""))
    .map((page) => ({ source_url: page.source_url ?? "", title: page.title ?? "", description: page.description ?? "", content: page.markdown ?? "" }));
}

import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call, type Schemas } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Checkbox } from "@/ui/checkbox";
import { Field, fieldProps, TextInput } from "@/ui/field";
import { NumberInput } from "@/ui/number-input";
import { Progress } from "@/ui/progress";
import { Select } from "@/ui/select";
import { PickList } from "./pick-list";
import type { Chosen } from "./chosen";

const POLL_MS = 1500;
const OWN = "treadle";
const NAMES = { treadle: "Treadle", firecrawl: "Firecrawl", jinareader: "Jina Reader", watercrawl: "WaterCrawl" } as const;

type Provider = keyof typeof NAMES;

interface Options {
  limit: number;
  max_depth: number | null;
  includes: string;
  excludes: string;
  crawl_sub_pages: boolean;
  only_main_content: boolean;
  use_sitemap: boolean;
}

const DEFAULTS: Options = { limit: 10, max_depth: null, includes: "", excludes: "", crawl_sub_pages: true, only_main_content: true, use_sitemap: true };

/** A web site to read; of the pages that are found those to take in are picked. */
export function WebsiteSource({ chosen, onChoose }: { chosen: Chosen | null; onChoose: (chosen: Chosen) => void }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const [provider, setProvider] = useState<Provider>(OWN);
  const [url, setUrl] = useState("");
  const [options, setOptions] = useState(DEFAULTS);
  const keys = useQuery({ queryKey: ["data-sources", "keys"], queryFn: ({ signal }) => call(api.GET("/api-key-auth/data-source", { signal })) });
  const offered = (Object.keys(NAMES) as Provider[]).filter((each) => each === OWN || keys.data?.sources.some((key) => key.provider === each && !key.disabled));
  const crawl = useMutation({
    mutationFn: async () => ({ provider, ...(await call(api.POST("/website/crawl", { body: { provider, url: url.trim(), options: { ...options } } }))) }),
  });
  const status = useQuery({
    queryKey: ["website", "crawl", crawl.data?.job_id],
    enabled: crawl.data !== undefined,
    queryFn: ({ signal }): Promise<Schemas["CrawlShown"]> =>
      call(api.GET("/website/crawl/status/{job_id}", { params: { path: { job_id: crawl.data?.job_id ?? "" } }, signal })),
    refetchInterval: (query) => (query.state.data?.status === "active" ? POLL_MS : false),
  });
  const set = (part: Partial<Options>) => setOptions({ ...options, ...part });
  const busy = crawl.isPending || (crawl.data !== undefined && status.error === null && (status.data === undefined || status.data.status === "active"));
  const error = crawl.error ?? status.error;
  const pages = (status.data?.status === "completed" ? (status.data.data ?? []) : []).map((page) => ({ id: page.source_url ?? "", name: page.title || (page.source_url ?? ""), hint: page.source_url ?? "" }));
  const picked = chosen?.type === "website_crawl" && chosen.crawl.job_id === crawl.data?.job_id ? chosen.items.map((item) => item.id) : [];
  return (
    <div className="flex flex-col gap-4">
      <form
        className="grid gap-4 sm:grid-cols-2"
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy && url.trim() !== "") crawl.mutate();
        }}
      >
        <Field id="crawl-url" label={t("knowledgeSetup.website.url")} error={error === null ? undefined : errorText(error)}>
          <TextInput {...fieldProps("crawl-url", error === null ? undefined : "error")} type="url" placeholder="https://" value={url} onChange={(event) => setUrl(event.target.value)} />
        </Field>
        <Field id="crawl-provider" label={t("knowledgeSetup.website.provider")} hint={<a className="underline" href="/settings/data-sources">{t("knowledgeSetup.website.keys")}</a>}>
          <Select id="crawl-provider" value={provider} onChange={setProvider} options={offered.map((each) => ({ value: each, label: NAMES[each] }))} />
        </Field>
        <Field id="crawl-limit" label={t("knowledgeSetup.website.limit")}>
          <NumberInput id="crawl-limit" value={options.limit} min={1} max={1000} onChange={(limit) => set({ limit: limit ?? DEFAULTS.limit })} />
        </Field>
        <Field id="crawl-depth" label={t("knowledgeSetup.website.depth")} hint={t("knowledgeSetup.website.depthHint")} optional>
          <NumberInput id="crawl-depth" value={options.max_depth} min={0} max={100} onChange={(max_depth) => set({ max_depth })} />
        </Field>
        <Field id="crawl-includes" label={t("knowledgeSetup.website.includes")} hint={t("knowledgeSetup.website.patterns")} optional>
          <TextInput id="crawl-includes" placeholder="docs/*, blog/*" value={options.includes} onChange={(event) => set({ includes: event.target.value })} />
        </Field>
        <Field id="crawl-excludes" label={t("knowledgeSetup.website.excludes")} hint={t("knowledgeSetup.website.patterns")} optional>
          <TextInput id="crawl-excludes" placeholder="archive/*" value={options.excludes} onChange={(event) => set({ excludes: event.target.value })} />
        </Field>
        <div className="flex flex-wrap gap-x-6 gap-y-2 sm:col-span-2">
          <Checkbox label={t("knowledgeSetup.website.subPages")} checked={options.crawl_sub_pages} onChange={(crawl_sub_pages) => set({ crawl_sub_pages })} />
          <Checkbox label={t("knowledgeSetup.website.mainContent")} checked={options.only_main_content} onChange={(only_main_content) => set({ only_main_content })} />
          <Checkbox label={t("knowledgeSetup.website.sitemap")} checked={options.use_sitemap} onChange={(use_sitemap) => set({ use_sitemap })} />
        </div>
        <Button type="submit" className="justify-self-start" busy={busy} disabled={url.trim() === ""}>
          {t("knowledgeSetup.website.find")}
        </Button>
      </form>
      {busy && crawl.data !== undefined && (
        <>
          <p role="status" className="tabular text-muted">
            {t("knowledgeSetup.website.reading", { count: status.data?.current ?? 0, total: status.data?.total ?? options.limit })}
          </p>
          <Progress label={t("knowledgeSetup.website.find")} share={status.data !== undefined && status.data.total > 0 ? status.data.current / status.data.total : null} />
        </>
      )}
      {status.data?.status === "error" && <p className="text-danger">{status.data.error ?? t("knowledgeSetup.website.failed")}</p>}
      {status.data?.status === "completed" && pages.length === 0 && <p className="text-muted">{t("knowledgeSetup.website.none")}</p>}
      {pages.length > 0 && crawl.data !== undefined && (
        <PickList
          label={t("knowledgeSetup.website.pages")}
          items={pages}
          picked={picked}
          onPick={(ids) =>
            onChoose({
              type: "website_crawl",
              items: pages.filter((page) => ids.includes(page.id)).map((page) => ({ id: page.id, name: page.id })),
              crawl: { provider: crawl.data.provider, job_id: crawl.data.job_id, only_main_content: options.only_main_content },
            })
          }
        />
      )}
    </div>
  );
}

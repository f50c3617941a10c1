import { useTranslation } from "react-i18next";
import { Segmented } from "@/ui/segmented";
import { TagInput } from "@/ui/tag-input";
import { usePanel } from "../panel-context";
import { Row, Section } from "../section";
import { QuestionList } from "./question-list";

interface DatasourceData {
  plugin_id: string;
  provider_name: string;
  provider_type: string;
  datasource_name: string;
  datasource_label: string;
  fileExtensions: string[];
}

const FILES: Partial<DatasourceData> = { plugin_id: "treadle/file", provider_name: "file", datasource_name: "upload-file", datasource_label: "File" };
const PAGES: Partial<DatasourceData> = { plugin_id: "treadle/web", provider_name: "builtin", datasource_name: "crawl", datasource_label: "Web site" };

/** Where documents come from, and what this source alone asks for. */
export default function DatasourcePanel() {
  const { t } = useTranslation();
  const { nodeId, data, set, disabled } = usePanel<DatasourceData>();
  const kind = data.provider_type ?? "local_file";
  const known = kind === "local_file" || kind === "website_crawl";
  return (
    <>
      <Section title={t("pipelines.source.kind")}>
        {known ? (
          <Segmented
            label={t("pipelines.source.kind")}
            value={kind}
            disabled={disabled}
            onChange={(provider_type) => set({ provider_type, ...(provider_type === "local_file" ? FILES : PAGES) })}
            options={(["local_file", "website_crawl"] as const).map((value) => ({ value, label: t(`pipelines.source.kinds.${value}`) }))}
          />
        ) : (
          <p className="text-warn">{t("pipelines.source.plugin", { kind, plugin: data.plugin_id ?? "" })}</p>
        )}
        {kind === "local_file" && (
          <Row label={t("pipelines.source.extensions")} hint={t("pipelines.source.extensionsHint")} stacked>
            <TagInput
              label={t("pipelines.source.extensions")}
              placeholder="pdf"
              value={data.fileExtensions ?? []}
              disabled={disabled}
              onChange={(names) => set({ fileExtensions: names.map((name) => name.replace(/^\./, "").toLowerCase()) })}
            />
          </Row>
        )}
      </Section>
      <Section title={t("pipelines.questions.own")} hint={t("pipelines.questions.ownHint")}>
        <QuestionList owner={nodeId} disabled={disabled} />
      </Section>
    </>
  );
}

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, call, type Schemas } from "@/api/client";
import { useAccount } from "@/features/account/account-context";
import { IconPicker } from "@/features/apps/icon-picker";
import type { Looks } from "@/features/apps/looks";
import { ModelSelector } from "@/features/model-picker/model-selector";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { Field, TextArea, TextInput } from "@/ui/field";
import { RadioCards } from "@/ui/radio-cards";
import { Slider } from "@/ui/slider";
import { showToast } from "@/ui/toast";
import { mayEdit } from "@/features/account/roles";
import { iconOf, pictureUrlOf } from "./base-icon";
import { ExternalRetrievalSettings } from "./external-retrieval";
import { Conversion } from "./pipelines/convert";
import { DEFAULT_RETRIEVAL, ECONOMY_RETRIEVAL, lacksRerankModel } from "./retrieval";
import { MemberList } from "./member-list";
import { NoModel, RetrievalSettings } from "./retrieval-settings";
import { summariesOf } from "./summaries";
import { SummarySettings } from "./summary-settings";

type Base = Schemas["DatasetShown"];
type Icon = Pick<Looks, "icon_type" | "icon" | "icon_background">;

const LONGEST_NAME = 40;
const LONGEST_EXTERNAL_NAME = 100;
const PERMISSIONS = ["only_me", "all_team_members", "partial_members"] as const;

/** What may be changed of a base once it is made: its name, who sees it, how it is searched; and its end. */
export function BaseSettings({ base }: { base: Base }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const [name, setName] = useState(base.name);
  const [description, setDescription] = useState(base.description);
  const [permission, setPermission] = useState(base.permission);
  const [members, setMembers] = useState<readonly string[]>(base.partial_member_list ?? []);
  const [model, setModel] = useState({ provider: base.embedding_model_provider ?? "", name: base.embedding_model ?? "" });
  const [technique, setTechnique] = useState(base.indexing_technique === "economy" ? ("economy" as const) : ("high_quality" as const));
  const [keywords, setKeywords] = useState(base.keyword_number ?? 10);
  const [retrieval, setRetrieval] = useState(base.retrieval_model_dict);
  const [elsewhere, setElsewhere] = useState({ id: base.external_knowledge_info.external_knowledge_id ?? "", retrieval: base.external_retrieval_model });
  const [summaries, setSummaries] = useState(summariesOf(base));
  const [icon, setIcon] = useState(iconFields(base));
  const { role } = useAccount();
  const shares = role !== "dataset_operator";
  const indexed = base.provider === "vendor" && base.indexing_technique !== null;
  const economy = technique === "economy";
  const fixed = base.doc_form === "hierarchical_model" || base.doc_form === "qa_model";
  const external = base.provider === "external";
  const summarised = base.provider === "vendor" && !economy && base.doc_form !== "qa_model";
  const save = useMutation({
    mutationFn: () =>
      call(
        api.PATCH("/datasets/{dataset_id}", {
          params: { path: { dataset_id: base.id } },
          body: {
            name,
            description,
            ...(shares ? { permission } : {}),
            ...(shares && permission === "partial_members" ? { partial_member_list: members.map((user_id) => ({ user_id })) } : {}),
            icon_info: { ...icon },
            ...(indexed ? { retrieval_model: { ...retrieval } } : {}),
            ...(indexed && technique !== base.indexing_technique ? { indexing_technique: technique } : {}),
            ...(indexed && economy ? { keyword_number: keywords } : {}),
            ...(indexed && !economy ? { embedding_model: model.name, embedding_model_provider: model.provider } : {}),
            ...(summarised && (summaries.enable || base.summary_index_setting != null) ? { summary_index_setting: { ...summaries } } : {}),
            ...(external ? { external_knowledge_id: elsewhere.id.trim(), external_knowledge_api_id: base.external_knowledge_info.external_knowledge_api_id ?? null, external_retrieval_model: { ...elsewhere.retrieval } } : {}),
          },
        }),
      ),
    onSuccess: async () => {
      showToast("ok", t("knowledgeSetup.settings.saved"));
      await queries.invalidateQueries({ queryKey: ["datasets"] });
    },
  });
  const onSubmit = (event: SyntheticEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <div className="flex max-w-180 flex-col gap-8 py-4">
      <form className="flex flex-col gap-5" onSubmit={onSubmit}>
        <div className="flex items-start gap-3">
          <div className="pt-1">
            <IconPicker pictureUrl={pictureUrlOf(base.id)} value={{ ...icon, name, description }} onChange={setIcon} />
          </div>
          <div className="min-w-0 flex-1">
            <Field id="base-name" label={t("knowledgeSetup.list.name")}>
              <TextInput id="base-name" value={name} maxLength={external ? LONGEST_EXTERNAL_NAME : LONGEST_NAME} onChange={(event) => setName(event.target.value)} />
            </Field>
          </div>
        </div>
        <Field id="base-description" label={t("knowledgeSetup.list.description")} optional hint={t("knowledgeSetup.list.descriptionHint")}>
          <TextArea id="base-description" value={description} maxLength={400} onChange={(event) => setDescription(event.target.value)} />
        </Field>
        {shares && <div className="flex flex-col gap-2">
          <p className="font-medium">{t("knowledgeSetup.settings.permission")}</p>
          <RadioCards
            label={t("knowledgeSetup.settings.permission")}
            columns={3}
            value={PERMISSIONS.find((each) => each === permission) ?? "only_me"}
            onChange={setPermission}
            options={PERMISSIONS.map((each) => ({ value: each, title: t(`knowledgeSetup.settings.permissions.${each}`) }))}
          />
          {permission === "partial_members" && <MemberList chosen={members} onChange={setMembers} />}
        </div>}
        {external && <ExternalFields base={base} value={elsewhere} onChange={setElsewhere} />}
        {indexed && (
          <>
            <div className="flex flex-col gap-2">
              <p className="font-medium">{t("knowledgeSetup.list.technique")}</p>
              <RadioCards
                label={t("knowledgeSetup.list.technique")}
                columns={2}
                value={technique}
                onChange={(next) => {
                  setTechnique(next);
                  setRetrieval(next === base.indexing_technique ? base.retrieval_model_dict : next === "economy" ? ECONOMY_RETRIEVAL : DEFAULT_RETRIEVAL);
                }}
                options={(["high_quality", "economy"] as const).map((each) => ({
                  value: each,
                  title: t(`knowledgeSetup.indexing.${each}`),
                  text: t(each === "economy" && fixed ? "knowledgeSetup.indexing.fixed" : `knowledgeSetup.indexing.about.${each}`),
                  disabled: each === "economy" && fixed,
                }))}
              />
              {technique !== base.indexing_technique && (
                <p role="status" className="text-warn">
                  {t(`knowledgeSetup.settings.switchTo.${technique}`, { count: base.document_count })}
                </p>
              )}
              {base.index_building === true && <p className="text-muted">{t("knowledgeSetup.settings.building")}</p>}
            </div>
            {economy && (
              <div>
                <p className="font-medium">{t("knowledgeSetup.settings.keywords")}</p>
                <Slider label={t("knowledgeSetup.settings.keywords")} value={keywords} min={1} max={50} onChange={setKeywords} />
                <p className="text-12 text-muted">{t("knowledgeSetup.settings.keywordsHint")}</p>
              </div>
            )}
            {!economy && (
              <div className="flex flex-col gap-1">
                <p className="font-medium">{t("knowledgeSetup.indexing.model")}</p>
                <div className="flex max-w-120">
                  <ModelSelector
                    kind="text-embedding"
                    label={t("knowledgeSetup.indexing.model")}
                    provider={model.provider}
                    name={model.name}
                    onChoose={(provider, chosen) => setModel({ provider: provider.provider, name: chosen.model })}
                  />
                </div>
                {base.embedding_model !== null && model.name !== base.embedding_model && <p className="text-12 text-muted">{t("knowledgeSetup.settings.embeddedAnew")}</p>}
                <NoModel kind="text-embedding" />
              </div>
            )}
            <div className="flex flex-col gap-3">
              <h3 className="font-semibold">{t("knowledgeSetup.indexing.retrieval")}</h3>
              <RetrievalSettings value={retrieval} economy={economy} onChange={setRetrieval} />
            </div>
            {summarised && <SummarySettings base={base} value={summaries} onChange={setSummaries} />}
          </>
        )}
        {save.error !== null && <p className="text-danger">{errorText(save.error)}</p>}
        <div>
          <Button type="submit" variant="primary" busy={save.isPending} disabled={name.trim() === "" || (external && elsewhere.id.trim() === "") || (indexed && !economy && (model.name === "" || lacksRerankModel(retrieval)))}>
            {t("knowledgeSetup.chunk.save")}
          </Button>
        </div>
      </form>
      {base.data_source_type === "notion_import" && <NotionPages base={base} />}
      {base.provider === "vendor" && base.runtime_mode !== "rag_pipeline" && mayEdit(role) && <Conversion base={base} />}
      <Removal base={base} />
    </div>
  );
}

function iconFields(base: Base): Icon {
  const { icon, background } = iconOf(base);
  const picture = base.icon_info?.icon_type === "image" ? base.icon_info.icon : null;
  return { icon_type: picture ? "image" : "emoji", icon: picture ?? icon, icon_background: background };
}

interface Elsewhere {
  id: string;
  retrieval: Schemas["ExternalRetrieval"];
}

function ExternalFields({ base, value, onChange }: { base: Base; value: Elsewhere; onChange: (value: Elsewhere) => void }) {
  const { t } = useTranslation();
  const { external_knowledge_api_name: api_name, external_knowledge_api_endpoint: endpoint } = base.external_knowledge_info;
  return (
    <>
      <div>
        <p className="font-medium">{t("knowledgeSetup.external.api")}</p>
        <p className="break-words text-muted">
          {api_name} · {endpoint}
        </p>
      </div>
      <Field id="external-id" label={t("knowledgeSetup.external.id")} hint={t("knowledgeSetup.external.idHint")}>
        <TextInput id="external-id" value={value.id} onChange={(event) => onChange({ ...value, id: event.target.value })} />
      </Field>
      <ExternalRetrievalSettings value={value.retrieval} onChange={(retrieval) => onChange({ ...value, retrieval })} />
    </>
  );
}

/** Other pages of Notion, and where its workspaces are connected. */
function NotionPages({ base }: { base: Base }) {
  const { t } = useTranslation();
  return (
    <section className="flex flex-col gap-2 border-t border-line pt-5">
      <h3 className="font-semibold">{t("knowledgeSetup.sources.notion")}</h3>
      <p className="text-muted">{t("knowledgeSetup.settings.notionText")}</p>
      <p className="flex flex-wrap gap-4">
        <Link to="/datasets/$baseId/add" params={{ baseId: base.id }} search={{ source: "notion" }} className="text-accent hover:underline">
          {t("knowledgeSetup.settings.notionPages")}
        </Link>
        <a href="/settings/data-sources" className="text-accent hover:underline">
          {t("knowledgeSetup.settings.notionConnection")}
        </a>
      </p>
    </section>
  );
}

function Removal({ base }: { base: Base }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  const path = { dataset_id: base.id };
  const apps = useQuery({
    queryKey: ["datasets", "apps", base.id],
    queryFn: async ({ signal }) => (await call(api.GET("/datasets/{dataset_id}/related-apps", { params: { path }, signal }))).data,
  });
  const remove = async () => {
    try {
      await call(api.DELETE("/datasets/{dataset_id}", { params: { path } }));
      await navigate({ to: "/datasets" });
      await queries.invalidateQueries({ queryKey: ["datasets"] });
    } catch (error) {
      showToast("danger", errorText(error));
    }
  };
  const users = apps.data?.map((app) => app.name) ?? [];
  return (
    <section className="flex flex-col gap-2 border-t border-line pt-5">
      <p className="text-muted">{users.length === 0 ? t("knowledgeSetup.settings.unused") : t("knowledgeSetup.settings.usedBy", { apps: users.join(", ") })}</p>
      <div>
        <Button variant="danger" onClick={() => setAsking(true)}>
          {t("knowledgeSetup.settings.remove")}
        </Button>
      </div>
      {asking && (
        <ConfirmDialog
          title={t("knowledgeSetup.list.removeTitle", { name: base.name })}
          text={t("knowledgeSetup.settings.removeText", { count: base.document_count })}
          action={t("knowledgeSetup.list.removeAction")}
          onClose={() => setAsking(false)}
          onConfirm={remove}
        />
      )}
    </section>
  );
}

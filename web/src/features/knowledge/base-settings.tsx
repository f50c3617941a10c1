import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, call, type Schemas } from "@/api/client";
import { useAccount } from "@/features/account/account-context";
import { membersQuery } from "@/features/members/members-query";
import { ModelSelector } from "@/features/model-picker/model-selector";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Checkbox } from "@/ui/checkbox";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { Field, TextArea, TextInput } from "@/ui/field";
import { RadioCards } from "@/ui/radio-cards";
import { showToast } from "@/ui/toast";
import { lacksRerankModel } from "./retrieval";
import { NoModel, RetrievalSettings } from "./retrieval-settings";

type Base = Schemas["DatasetShown"];

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
  const [retrieval, setRetrieval] = useState(base.retrieval_model_dict);
  const { role } = useAccount();
  const shares = role !== "dataset_operator";
  const indexed = base.provider === "vendor" && base.indexing_technique !== null;
  const economy = base.indexing_technique === "economy";
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
            ...(indexed ? { retrieval_model: { ...retrieval } } : {}),
            ...(indexed && !economy ? { embedding_model: model.name, embedding_model_provider: model.provider } : {}),
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
        <Field id="base-name" label={t("knowledge.name")}>
          <TextInput id="base-name" value={name} maxLength={40} onChange={(event) => setName(event.target.value)} />
        </Field>
        <Field id="base-description" label={t("knowledge.description")} optional hint={t("knowledge.descriptionHint")}>
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
        {indexed && (
          <>
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
                {model.name !== base.embedding_model && <p className="text-12 text-muted">{t("knowledgeSetup.settings.embeddedAnew")}</p>}
                <NoModel kind="text-embedding" />
              </div>
            )}
            <div className="flex flex-col gap-3">
              <h3 className="font-semibold">{t("knowledgeSetup.indexing.retrieval")}</h3>
              <RetrievalSettings value={retrieval} economy={economy} onChange={setRetrieval} />
            </div>
          </>
        )}
        {save.error !== null && <p className="text-danger">{errorText(save.error)}</p>}
        <div>
          <Button type="submit" variant="primary" busy={save.isPending} disabled={name.trim() === "" || (indexed && lacksRerankModel(retrieval))}>
            {t("knowledgeSetup.chunk.save")}
          </Button>
        </div>
      </form>
      <Removal base={base} />
    </div>
  );
}

function MemberList({ chosen, onChange }: { chosen: readonly string[]; onChange: (chosen: string[]) => void }) {
  const members = useQuery(membersQuery);
  return (
    <ul className="flex flex-col gap-2 rounded-card border border-line p-3">
      {members.data?.map((member) => (
        <li key={member.id}>
          <Checkbox
            label={`${member.name} · ${member.email}`}
            checked={chosen.includes(member.id)}
            onChange={(on) => onChange(on ? [...chosen, member.id] : chosen.filter((id) => id !== member.id))}
          />
        </li>
      ))}
    </ul>
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
          title={t("knowledge.removeTitle", { name: base.name })}
          text={t("knowledgeSetup.settings.removeText", { count: base.document_count })}
          action={t("knowledge.removeAction")}
          onClose={() => setAsking(false)}
          onConfirm={remove}
        />
      )}
    </section>
  );
}

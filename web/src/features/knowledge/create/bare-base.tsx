import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Field, fieldProps, TextArea, TextInput } from "@/ui/field";
import { Select } from "@/ui/select";
import { Slider } from "@/ui/slider";
import { DEFAULT_NAMING, membersOf, SharingChoice, type Sharing } from "./name-fields";

const LONGEST_NAME = 40;
const LONGEST_EXTERNAL_NAME = 100;

/** A base without documents: an empty one, or one that is on another server. */
export function BareBase({ external }: { external: boolean }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [apiId, setApiId] = useState<string | null>(null);
  const [elsewhere, setElsewhere] = useState("");
  const [topK, setTopK] = useState(4);
  const [sharing, setSharing] = useState<Sharing>(DEFAULT_NAMING);
  const apis = useQuery({
    queryKey: ["data-sources", "external"],
    enabled: external,
    queryFn: async ({ signal }) => (await call(api.GET("/datasets/external-knowledge-api", { params: { query: { limit: 100 } }, signal }))).data,
  });
  const shared = { permission: sharing.permission, partial_member_list: membersOf(sharing) };
  const make = useMutation({
    mutationFn: () =>
      external
        ? call(
            api.POST("/datasets/external", {
              body: { name: name.trim(), description, ...shared, external_knowledge_api_id: apiId ?? "", external_knowledge_id: elsewhere.trim(), external_retrieval_model: { top_k: topK, score_threshold: 0, score_threshold_enabled: false } },
            }),
          )
        : call(api.POST("/datasets", { body: { name: name.trim(), description, ...shared } })),
    onSuccess: async (base) => {
      await queries.invalidateQueries({ queryKey: ["datasets"] });
      await navigate({ to: "/datasets/$baseId", params: { baseId: base.id } });
    },
  });
  const error = make.error === null ? undefined : errorText(make.error);
  const complete = name.trim() !== "" && (!external || (apiId !== null && elsewhere.trim() !== ""));
  return (
    <form
      className="flex max-w-140 flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (complete && !make.isPending) make.mutate();
      }}
    >
      <Field id="base-name" label={t("knowledgeSetup.list.name")} error={error}>
        <TextInput {...fieldProps("base-name", error)} maxLength={external ? LONGEST_EXTERNAL_NAME : LONGEST_NAME} value={name} onChange={(event) => setName(event.target.value)} />
      </Field>
      <Field id="base-description" label={t("knowledgeSetup.list.description")} hint={t("knowledgeSetup.list.descriptionHint")} optional>
        <TextArea id="base-description" value={description} onChange={(event) => setDescription(event.target.value)} />
      </Field>
      <SharingChoice value={sharing} onChange={setSharing} />
      {external && apis.data?.length === 0 && (
        <p className="text-danger">
          {t("knowledgeSetup.external.none")}{" "}
          <a className="underline" href="/settings/data-sources">
            {t("knowledgeSetup.external.add")}
          </a>
        </p>
      )}
      {external && (
        <>
          <Field id="external-api" label={t("knowledgeSetup.external.api")}>
            <Select id="external-api" placeholder={t("knowledgeSetup.external.choose")} value={apiId} onChange={setApiId} options={(apis.data ?? []).map((each) => ({ value: each.id, label: each.name, hint: each.settings.endpoint ?? "" }))} />
          </Field>
          <Field id="external-id" label={t("knowledgeSetup.external.id")} hint={t("knowledgeSetup.external.idHint")}>
            <TextInput id="external-id" value={elsewhere} onChange={(event) => setElsewhere(event.target.value)} />
          </Field>
          <div>
            <p className="font-medium">{t("knowledgeSetup.retrieval.topK")}</p>
            <Slider label={t("knowledgeSetup.retrieval.topK")} value={topK} min={1} max={100} onChange={setTopK} />
          </div>
        </>
      )}
      <Button type="submit" variant="primary" className="self-start" busy={make.isPending} disabled={!complete}>
        {t("knowledgeSetup.list.create")}
      </Button>
    </form>
  );
}

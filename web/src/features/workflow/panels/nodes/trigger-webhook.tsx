import { useMutation, useQuery } from "@tanstack/react-query";
import { Plus, Radio, Trash2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { isJsonObject, type JsonObject } from "@/api/json";
import { CommittedInput } from "@/features/editors/committed-input";
import { NumberSlider } from "@/features/editors/number-slider";
import { useErrorText } from "@/i18n/errors";
import { Button, IconButton } from "@/ui/button";
import { CopyButton } from "@/ui/copy-button";
import { NativeSelect, TextArea } from "@/ui/field";
import { JsonView } from "@/ui/json-view";
import { useWorkflow } from "../../store";
import { usePanel } from "../panel-context";
import { Folded, Row, Section } from "../section";
import { useRemoveOutput, useRenameOutput } from "../use-outputs";
import { freeName, withItem, withoutItem } from "./shared";

interface Parameter {
  name: string;
  type?: string;
  required?: boolean;
}

interface WebhookData {
  method: string;
  content_type: string;
  headers: Parameter[];
  params: Parameter[];
  body: Parameter[];
  status_code: number;
  response_body: string;
}

const METHODS = ["get", "post", "put", "patch", "delete", "head"] as const;
const CONTENT_TYPES = ["application/json", "multipart/form-data", "application/x-www-form-urlencoded", "text/plain", "application/octet-stream"] as const;
const QUERY_TYPES = ["string", "number", "boolean"] as const;
const BODY_TYPES = ["string", "number", "boolean", "object", "array[string]", "array[number]", "array[boolean]", "array[object]", "file"] as const;

export default function WebhookPanel() {
  const { t } = useTranslation();
  const { data, set, disabled } = usePanel<WebhookData>();
  return (
    <>
      <AddressSection />
      <Section title={t("panels.webhook.request")}>
        <Row label={t("panels.http.method")}>
          <NativeSelect aria-label={t("panels.http.method")} value={(data.method ?? "get").toLowerCase()} disabled={disabled} onChange={(event) => set({ method: event.target.value })} className="h-8! w-28! text-13!">
            {METHODS.map((method) => (
              <option key={method} value={method}>
                {method.toUpperCase()}
              </option>
            ))}
          </NativeSelect>
        </Row>
        <Row label={t("panels.webhook.contentType")}>
          <NativeSelect
            aria-label={t("panels.webhook.contentType")}
            value={data.content_type ?? "application/json"}
            disabled={disabled}
            onChange={(event) => set({ content_type: event.target.value })}
            className="h-8! w-60! max-w-[60%] text-13!"
          >
            {CONTENT_TYPES.map((type) => (
              <option key={type}>{type}</option>
            ))}
          </NativeSelect>
        </Row>
      </Section>
      <Parameters field="params" types={QUERY_TYPES} />
      <Parameters field="headers" types={null} />
      <Parameters field="body" types={BODY_TYPES} />
      <Folded title={t("panels.webhook.answer")}>
        <div className="flex flex-col gap-3">
          <Row label={t("panels.webhook.status")}>
            <NumberSlider label={t("panels.webhook.status")} value={data.status_code ?? 200} disabled={disabled} onChange={(code) => set({ status_code: Math.min(399, Math.max(200, Math.round(code))) })} />
          </Row>
          <Row label={t("panels.webhook.body")} hint={t("panels.webhook.bodyHint")} stacked>
            <TextArea aria-label={t("panels.webhook.body")} value={data.response_body ?? ""} disabled={disabled} onChange={(event) => set({ response_body: event.target.value })} spellCheck={false} className="font-mono text-12" />
          </Row>
        </div>
      </Folded>
    </>
  );
}

/** The addresses of the webhook, and a wait for a first request. */
function AddressSection() {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const { nodeId, disabled } = usePanel<WebhookData>();
  const appId = useWorkflow((state) => state.appId);
  const { data: trigger } = useQuery({
    queryKey: ["apps", appId, "triggers", nodeId],
    queryFn: async ({ signal }) => {
      const answer = (await call(api.GET("/apps/{app_id}/triggers", { params: { path: { app_id: appId } }, signal }))) as JsonObject;
      const list = Array.isArray(answer.data) ? answer.data.filter(isJsonObject) : [];
      return list.find((each) => each.node_id === nodeId) ?? null;
    },
  });
  const listen = useMutation({
    mutationFn: async () => {
      const answer = await call(api.POST("/apps/{app_id}/triggers/{node_id}/listen", { params: { path: { app_id: appId, node_id: nodeId } }, body: { seconds: 60 } }));
      return (answer as JsonObject).caught ?? null;
    },
  });
  const addresses = (["webhook_url", "webhook_debug_url"] as const).flatMap((key) => {
    const url = trigger?.[key];
    return typeof url === "string" && url !== "" ? [{ key, url }] : [];
  });
  const caught = listen.data;
  return (
    <Section title={t("panels.webhook.addresses")} hint={addresses.length === 0 ? t("panels.webhook.noAddress") : undefined}>
      {addresses.map(({ key, url }) => (
        <div key={key} className="flex flex-col gap-1">
          <span className="text-12 text-muted">{t(`panels.webhook.${key}`)}</span>
          <div className="flex min-w-0 items-center gap-1 rounded-control border border-line bg-sunken ps-2">
            <code className="min-w-0 flex-1 truncate font-mono text-12">{url}</code>
            <CopyButton text={url} label={t("panels.webhook.copy")} />
          </div>
        </div>
      ))}
      {addresses.length > 0 && !disabled && (
        <Button size="small" className="self-start" busy={listen.isPending} icon={<Radio size={14} strokeWidth={1.5} />} onClick={() => listen.mutate()}>
          {listen.isPending ? t("panels.webhook.listening") : t("panels.webhook.listen")}
        </Button>
      )}
      {listen.isError && <p className="text-danger">{errorText(listen.error)}</p>}
      {caught === null && <p className="text-12 text-muted">{t("panels.webhook.nothing")}</p>}
      {isJsonObject(caught) && (
        <div className="max-h-60 overflow-auto rounded-control border border-line p-2">
          <JsonView value={caught.inputs ?? {}} />
        </div>
      )}
    </Section>
  );
}

function Parameters({ field, types }: { field: "headers" | "params" | "body"; types: readonly string[] | null }) {
  const { t } = useTranslation();
  const { nodeId, data, set, disabled } = usePanel<WebhookData>();
  const rename = useRenameOutput<WebhookData>(nodeId);
  const { remove, dialog } = useRemoveOutput(nodeId);
  const items = data[field] ?? [];
  // All three lists share one set of names: each becomes a variable.
  const taken = (["headers", "params", "body"] as const).flatMap((list) => (data[list] ?? []).map((each) => variableOf(each.name)));
  return (
    <Section title={t(`panels.webhook.${field}`)}>
      {items.map((item, at) => (
        <div key={at} className="flex min-w-0 items-start gap-1">
          <CommittedInput
            label={t("panels.webhook.name")}
            value={item.name}
            disabled={disabled}
            check={(name) => problemOf(name, field, taken.filter((each) => each !== variableOf(item.name)))}
            onCommit={(name) =>
              rename(variableOf(item.name), variableOf(name), (draft) => {
                const renamed = draft[field]?.[at];
                if (renamed !== undefined) renamed.name = name;
              })
            }
            className="min-w-0 flex-1 font-mono"
          />
          {types !== null && (
            <NativeSelect
              aria-label={t("editors.schema.typeOf", { name: item.name })}
              value={item.type ?? "string"}
              disabled={disabled}
              onChange={(event) => set({ [field]: withItem(items, at, { ...item, type: event.target.value }) })}
              className="h-8! w-32! text-13!"
            >
              {types.map((type) => (
                <option key={type}>{type}</option>
              ))}
            </NativeSelect>
          )}
          <label className="flex h-8 items-center gap-1 text-12 text-muted">
            <input
              type="checkbox"
              checked={item.required === true}
              disabled={disabled}
              onChange={(event) => set({ [field]: withItem(items, at, { ...item, required: event.target.checked }) })}
            />
            {t("panels.start.required")}
          </label>
          {!disabled && (
            <IconButton label={t("panels.removeItem", { name: item.name })} onClick={() => remove([variableOf(item.name)], () => set({ [field]: withoutItem(items, at) }))}>
              <Trash2 size={14} strokeWidth={1.5} />
            </IconButton>
          )}
        </div>
      ))}
      {!disabled && (
        <Button
          variant="quiet"
          size="small"
          className="self-start"
          icon={<Plus size={14} strokeWidth={1.5} />}
          onClick={() => set({ [field]: [...items, { name: freeName("value", taken), required: false, ...(types === null ? {} : { type: "string" }) }] })}
        >
          {t("panels.webhook.add")}
        </Button>
      )}
      {dialog}
    </Section>
  );

  function problemOf(name: string, list: string, others: readonly string[]): string | null {
    const pattern = list === "headers" ? /^[A-Za-z_][A-Za-z0-9_-]*$/ : /^[A-Za-z_][A-Za-z0-9_]*$/;
    if (name === "") return t("editors.name.empty");
    if (!pattern.test(name)) return t("editors.name.badCharacter");
    return others.includes(variableOf(name)) ? t("editors.name.duplicate") : null;
  }
}

function variableOf(name: string): string {
  return name.replaceAll("-", "_");
}

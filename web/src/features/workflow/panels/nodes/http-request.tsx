import { Plus, Terminal, Trash2 } from "lucide-react";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { CurlError, parseCurl, type CurlRequest } from "@/features/editors/curl";
import { KeyValueTable } from "@/features/editors/key-value-table";
import { NumberSlider } from "@/features/editors/number-slider";
import { joinPairs } from "@/features/editors/pairs";
import { PromptEditor } from "@/features/editors/prompt-editor";
import { Segmented } from "@/ui/segmented";
import { Switch } from "@/ui/switch";
import { freshId } from "@/features/conditions/conditions";
import { VariableField } from "@/features/variables/variable-field";
import { Button, IconButton } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { NativeSelect, TextArea, TextInput } from "@/ui/field";
import type { Selector } from "../../graph/types";
import { usePanel } from "../panel-context";
import { Folded, Row, Section } from "../section";
import { withItem, withoutItem } from "./shared";

interface BodyItem {
  id?: string;
  key?: string;
  type?: string;
  value?: string;
  file?: Selector;
}

interface Credentials {
  type?: string;
  api_key?: string;
  header?: string;
}

interface HttpData {
  method: string;
  url: string;
  headers: string;
  params: string;
  body: { type?: string; data?: BodyItem[] | string | null } | null;
  authorization: { type?: string; config?: Credentials | null } | null;
  timeout: Record<string, number | null | undefined> | null;
  ssl_verify: boolean | null;
}

const METHODS = ["get", "post", "put", "patch", "delete", "head", "options"] as const;
const BODIES = ["none", "json", "form-data", "x-www-form-urlencoded", "raw-text", "binary"] as const;
const TIMES = ["connect", "read", "write"] as const;

export default function HttpRequestPanel() {
  const { t } = useTranslation();
  const { data, set, disabled } = usePanel<HttpData>();
  const [importing, setImporting] = useState(false);
  const timeout = data.timeout ?? {};
  return (
    <>
      <Section
        title={t("panels.http.request")}
        required
        aside={
          disabled ? null : (
            <Button variant="quiet" size="small" icon={<Terminal size={14} strokeWidth={1.5} />} onClick={() => setImporting(true)}>
              {t("panels.http.import")}
            </Button>
          )
        }
      >
        <div className="flex min-w-0 items-start gap-1">
          <NativeSelect
            aria-label={t("panels.http.method")}
            value={(data.method ?? "get").toLowerCase()}
            disabled={disabled}
            onChange={(event) => set({ method: event.target.value })}
            className="h-8! w-24! shrink-0 text-13! uppercase"
          >
            {METHODS.map((method) => (
              <option key={method} value={method}>
                {method.toUpperCase()}
              </option>
            ))}
          </NativeSelect>
          <PromptEditor kind="line" label={t("panels.http.url")} placeholder="https://" value={data.url ?? ""} disabled={disabled} onChange={(url) => set({ url })} />
        </div>
      </Section>
      <KeyValueTable label={t("panels.http.headers")} value={data.headers ?? ""} disabled={disabled} onChange={(headers) => set({ headers })} />
      <KeyValueTable label={t("panels.http.params")} value={data.params ?? ""} disabled={disabled} onChange={(params) => set({ params })} />
      <BodySection />
      <AuthorizationSection />
      <Folded title={t("panels.advanced")}>
        <div className="flex flex-col gap-3">
          {TIMES.map((name) => (
            <Row key={name} label={t(`panels.http.${name}`)} hint={t("panels.http.timeHint")}>
              <NumberSlider
                label={t(`panels.http.${name}`)}
                value={timeout[name] ?? 0}
                disabled={disabled}
                onChange={(seconds) => set({ timeout: { ...timeout, [name]: Math.max(0, Math.round(seconds)) } })}
              />
            </Row>
          ))}
          <Row label={t("panels.http.verify")} hint={t("panels.http.verifyHint")}>
            <Switch bare label={t("panels.http.verify")} checked={data.ssl_verify !== false} disabled={disabled} onChange={(ssl_verify) => set({ ssl_verify })} />
          </Row>
        </div>
      </Folded>
      {importing && (
        <CurlDialog
          onClose={() => setImporting(false)}
          onRead={(request) => {
            set(asData(request));
            setImporting(false);
          }}
        />
      )}
    </>
  );
}

function BodySection() {
  const { t } = useTranslation();
  const { data, set, disabled } = usePanel<HttpData>();
  const body = data.body ?? {};
  const type = body.type ?? "none";
  const items: BodyItem[] = Array.isArray(body.data) ? body.data : typeof body.data === "string" && body.data !== "" ? [{ type: "text", value: body.data }] : [];
  const single = items[0] ?? { id: freshId(), type: "text", key: "", value: "" };
  const form = type === "form-data" || type === "x-www-form-urlencoded";
  const setItems = (next: BodyItem[]) => set({ body: { ...body, type, data: next } });
  return (
    <Section title={t("panels.http.body")}>
      <Segmented
        label={t("panels.http.body")}
        value={type}
        disabled={disabled}
        options={BODIES.map((value) => ({ value: value, label: t(`panels.bodies.${value}`) }))}
        onChange={(next) => {
          const wasForm = form;
          const isForm = next === "form-data" || next === "x-www-form-urlencoded";
          set({ body: { type: next, data: next === "none" ? [] : isForm ? (wasForm ? items : []) : [wasForm ? { id: freshId(), type: "text", key: "", value: "" } : single] } });
        }}
      />
      {(type === "json" || type === "raw-text") && (
        <PromptEditor label={t(`panels.bodies.${type}`)} value={single.value ?? ""} disabled={disabled} minHeight={120} onChange={(value) => setItems([{ ...single, type: "text", value }])} />
      )}
      {type === "binary" && (
        <VariableField label={t("panels.http.file")} value={single.file} accepted={["file"]} disabled={disabled} onChange={(file) => setItems([{ ...single, type: "file", file }])} />
      )}
      {form && (
        <>
          {items.map((item, at) => (
            <div key={item.id ?? at} className="flex min-w-0 items-start gap-1">
              <div className="min-w-0 flex-[2]">
                <PromptEditor
                  kind="line"
                  label={t("editors.pairs.key", { label: t("panels.http.body"), number: at + 1 })}
                  placeholder={t("editors.pairs.keyHint")}
                  value={item.key ?? ""}
                  disabled={disabled}
                  onChange={(key) => setItems(withItem(items, at, { ...item, key }))}
                />
              </div>
              {type === "form-data" && (
                <NativeSelect
                  aria-label={t("panels.http.kindOf", { number: at + 1 })}
                  value={item.type ?? "text"}
                  disabled={disabled}
                  onChange={(event) => setItems(withItem(items, at, { ...item, type: event.target.value }))}
                  className="h-8! w-20! shrink-0 text-13!"
                >
                  <option value="text">{t("panels.http.text")}</option>
                  <option value="file">{t("panels.http.fileKind")}</option>
                </NativeSelect>
              )}
              <div className="flex min-w-0 flex-[3]">
                {type === "form-data" && item.type === "file" ? (
                  <VariableField label={t("panels.http.file")} value={item.file} accepted={["file", "array[file]"]} disabled={disabled} onChange={(file) => setItems(withItem(items, at, { ...item, file }))} />
                ) : (
                  <PromptEditor
                    kind="line"
                    label={t("editors.pairs.value", { label: t("panels.http.body"), number: at + 1 })}
                    placeholder={t("editors.pairs.valueHint")}
                    value={item.value ?? ""}
                    disabled={disabled}
                    onChange={(value) => setItems(withItem(items, at, { ...item, value }))}
                  />
                )}
              </div>
              {!disabled && (
                <IconButton label={t("editors.pairs.remove", { name: item.key || at + 1 })} onClick={() => setItems(withoutItem(items, at))}>
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
              onClick={() => setItems([...items, { id: freshId(), key: "", type: "text", value: "" }])}
            >
              {t("panels.http.addField")}
            </Button>
          )}
        </>
      )}
    </Section>
  );
}

function AuthorizationSection() {
  const { t } = useTranslation();
  const { data, set, disabled } = usePanel<HttpData>();
  const authorization = data.authorization ?? {};
  const config = authorization.config ?? {};
  const kind = authorization.type === "api-key" ? (config.type ?? "bearer") : "none";
  const setConfig = (part: Credentials) => set({ authorization: { type: "api-key", config: { type: "bearer", api_key: "", header: "", ...config, ...part } } });
  return (
    <Section title={t("panels.http.authorization")}>
      <Segmented
        label={t("panels.http.authorization")}
        value={kind}
        disabled={disabled}
        onChange={(next) => (next === "none" ? set({ authorization: { ...authorization, type: "no-auth" } }) : setConfig({ type: next }))}
        options={["none", "bearer", "basic", "custom"].map((value) => ({ value, label: t(`panels.http.auth-${value as "none"}`) }))}
      />
      {kind !== "none" && (
        <>
          {kind === "custom" && (
            <Row label={t("panels.http.header")}>
              <TextInput aria-label={t("panels.http.header")} value={config.header ?? ""} placeholder="X-API-Key" disabled={disabled} onChange={(event) => setConfig({ header: event.target.value })} className="h-8! w-56! text-13!" />
            </Row>
          )}
          <div className="flex flex-col gap-1">
            <PromptEditor kind="line" label={t("panels.http.key")} placeholder={kind === "basic" ? "user:password" : t("panels.http.keyPlaceholder")} value={config.api_key ?? ""} disabled={disabled} onChange={(api_key) => setConfig({ api_key })} />
            <p className="text-12 text-muted">{t("panels.http.keyHint")}</p>
          </div>
        </>
      )}
    </Section>
  );
}

function CurlDialog({ onClose, onRead }: { onClose: () => void; onRead: (request: CurlRequest) => void }) {
  const { t } = useTranslation();
  const id = useId();
  const [command, setCommand] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const read = () => {
    try {
      onRead(parseCurl(command));
    } catch (error) {
      if (!(error instanceof CurlError)) throw error;
      setProblem(t(`editors.curl.${error.problem}`, { option: error.option }));
    }
  };
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} size="medium" title={t("editors.curl.title")} description={t("editors.curl.hint")}>
      <div className="flex flex-col gap-3">
        <label htmlFor={id} className="sr-only">
          {t("editors.curl.command")}
        </label>
        <TextArea
          id={id}
          autoFocus
          value={command}
          onChange={(event) => {
            setCommand(event.target.value);
            setProblem(null);
          }}
          onKeyDown={(event) => {
            if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) read();
          }}
          aria-invalid={problem !== null}
          placeholder={"curl -X POST 'https://api.example.com/items' \\\n  -H 'Content-Type: application/json' \\\n  -d '{\"name\": \"…\"}'"}
          spellCheck={false}
          className="min-h-40 font-mono text-12"
        />
        {problem !== null && (
          <p role="alert" className="text-danger">
            {problem}
          </p>
        )}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button variant="primary" disabled={command.trim() === ""} onClick={read}>
            {t("editors.curl.take")}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}

/** A request of a cURL command as the node's settings. */
function asData({ method, url, headers, params, body }: CurlRequest): Partial<HttpData> {
  const bearer = headers.find(([name, value]) => name.toLowerCase() === "authorization" && /^bearer /i.test(value));
  const kept = headers.filter((header) => header !== bearer);
  return {
    method,
    url,
    headers: joinPairs(kept.map(([key, value]) => ({ key, value }))),
    params: joinPairs(params.map(([key, value]) => ({ key, value }))),
    body: { type: body.type, data: itemsOf(body) },
    authorization: bearer === undefined ? { type: "no-auth", config: null } : { type: "api-key", config: { type: "bearer", api_key: bearer[1].slice(7).trim(), header: "" } },
  };
}

function itemsOf(body: CurlRequest["body"]): BodyItem[] {
  switch (body.type) {
    case "none":
      return [];
    case "json":
    case "raw-text":
      return [{ id: freshId(), key: "", type: "text", value: body.text }];
    case "x-www-form-urlencoded":
      return body.fields.map(([key, value]) => ({ id: freshId(), key, type: "text", value }));
    case "form-data":
      return body.fields.map(({ key, value, file }) => ({ id: freshId(), key, type: file ? "file" : "text", value: file ? "" : value }));
  }
}

import { useQuery } from "@tanstack/react-query";
import { ChevronRight, CircleCheck, ExternalLink, LockKeyhole } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { isApiError } from "@/api/http";
import { useText } from "@/features/schema-form/i18n-text";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, fieldProps, TextInput } from "@/ui/field";
import { NumberInput } from "@/ui/number-input";
import { Select } from "@/ui/select";
import { CredentialFields } from "./credential-fields";
import { filledIn, firstValues, formOf, shownFields, type Credential, type Owner, type ProviderEntry } from "./providers";
import { useChange } from "./use-change";

interface CredentialDialogProps {
  owner: Owner;
  /** A stored one is changed; without it another one is added. */
  credential?: Credential | undefined;
  /** A model that the provider does not list is added with it. */
  newModel?: boolean;
  onClose: () => void;
}

interface Fault {
  param: string;
  message: string;
}

/** Asks for a key and whatever else the provider wants; it is tried with a real call before it is kept. */
export function CredentialDialog({ owner, credential, newModel = false, onClose }: CredentialDialogProps) {
  const { t } = useTranslation();
  const text = useText();
  const errorText = useErrorText();
  const change = useChange();
  const { provider } = owner;
  const form = formOf(owner, newModel);
  const stored = credential?.credentials;
  const [values, setValues] = useState(() => firstValues(form, stored));
  const [name, setName] = useState(credential?.name ?? "");
  const [model, setModel] = useState("");
  const [kind, setKind] = useState(owner.model?.model_type ?? provider.supported_model_types[0] ?? "llm");
  const [limits, setLimits] = useState({
    concurrency: credential?.concurrency ?? null,
    requests_per_minute: credential?.requests_per_minute ?? null,
    timeout: credential?.timeout ?? null,
  });
  const [busy, setBusy] = useState<"try" | "save" | null>(null);
  const [fault, setFault] = useState<Fault | null>(null);
  const [works, setWorks] = useState(false);
  const ofModel = newModel || owner.model !== undefined;
  const seen = ofModel ? { ...values, __model_type: kind } : values;
  const fields = shownFields(form, seen);
  const complete =
    fields.every((field) => !field.required || (values[field.variable] ?? "").trim() !== "" || stored?.[field.variable] !== undefined) &&
    (!newModel || model.trim() !== "");
  const path = { provider: provider.provider };
  const which = newModel ? { model: model.trim(), model_type: kind } : owner.model === undefined ? {} : { model: owner.model.model, model_type: owner.model.model_type };
  const credentials = filledIn(fields, values, stored);

  const attempt = async (what: "try" | "save", work: () => Promise<unknown>) => {
    setBusy(what);
    setFault(null);
    setWorks(false);
    try {
      await work();
    } catch (caught) {
      setFault({ param: isApiError(caught) ? (caught.param ?? "") : "", message: errorText(caught) });
    } finally {
      setBusy(null);
    }
  };
  const check = () =>
    attempt("try", async () => {
      const body = { credentials, credential_id: credential?.id ?? null, model_type: "llm", ...which };
      const answer = ofModel
        ? await call(api.POST("/workspaces/current/model-providers/{provider}/models/credentials/validate", { params: { path }, body }))
        : await call(api.POST("/workspaces/current/model-providers/{provider}/credentials/validate", { params: { path }, body }));
      if (answer.result === "success") setWorks(true);
      else setFault({ param: "", message: answer.error ?? "" });
    });
  const save = () =>
    attempt("save", async () => {
      if (credential !== undefined) {
        const body = { credential_id: credential.id, name: name.trim() === "" ? null : name, credentials, limits };
        await call(api.PUT("/workspaces/current/model-providers/{provider}/credentials", { params: { path }, body }));
      } else {
        const body = { credentials, name: name.trim() === "" ? null : name, limits, model_type: "llm", ...which };
        await call(api.POST("/workspaces/current/model-providers/{provider}/credentials", { params: { path }, body }));
      }
      await change(Promise.resolve());
      onClose();
    });

  const title =
    credential !== undefined
      ? t("modelSetup.changeKey", { name: credential.name })
      : newModel
        ? t("modelSetup.addModelOf", { provider: text(provider.label) })
        : owner.model === undefined
          ? t("modelSetup.setUp", { provider: text(provider.label) })
          : t("modelSetup.addKeyOf", { model: owner.model.model });
  const faultShown = fault !== null && !fields.some((field) => field.variable === fault.param) ? fault.message : null;
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      size="medium"
      title={title}
      footer={
        <>
          <span className="mr-auto flex items-center gap-1.5 text-12 text-muted max-sm:hidden">
            <LockKeyhole size={14} strokeWidth={1.5} aria-hidden />
            {t("modelSetup.encrypted")}
          </span>
          <Button disabled={!complete} busy={busy === "try"} onClick={() => void check()}>
            {t("modelSetup.try")}
          </Button>
          <Button variant="primary" busy={busy === "save"} disabled={!complete} onClick={() => void save()}>
            {t("modelSetup.save")}
          </Button>
        </>
      }
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (complete && busy === null) void save();
        }}
      >
        {newModel && <NewModel provider={provider} kind={kind} model={model} onKind={setKind} onModel={setModel} />}
        <CredentialFields
          fields={fields}
          values={seen}
          stored={stored}
          fault={fault ?? undefined}
          onChange={(variable, value) => {
            setWorks(false);
            setValues((before) => ({ ...before, [variable]: value }));
          }}
        />
        <Field id="credential-name" label={t("modelSetup.keyName")} optional={credential === undefined} hint={t("modelSetup.keyNameHint")}>
          <TextInput {...fieldProps("credential-name", undefined)} maxLength={64} value={name} onChange={(event) => setName(event.target.value)} />
        </Field>
        <LimitFields limits={limits} onChange={setLimits} />
        {works && (
          <p role="status" className="flex items-center gap-1.5 rounded-control bg-ok-soft px-3 py-2 text-ok">
            <CircleCheck size={16} strokeWidth={1.5} aria-hidden />
            {t("modelSetup.works")}
          </p>
        )}
        {faultShown !== null && (
          <p role="alert" className="rounded-control bg-danger-soft px-3 py-2 break-words text-danger">
            {faultShown}
          </p>
        )}
        {provider.help !== null && (
          <a href={provider.help.url} target="_blank" rel="noopener noreferrer" className="inline-flex items-center gap-1 self-start text-accent hover:underline">
            {text(provider.help.title)}
            <ExternalLink size={14} strokeWidth={1.5} aria-hidden />
          </a>
        )}
        <button type="submit" hidden />
      </form>
    </Dialog>
  );
}

interface NewModelProps {
  provider: ProviderEntry;
  kind: string;
  model: string;
  onKind: (kind: string) => void;
  onModel: (model: string) => void;
}

/** Which model is added; where the provider can be asked, its own names are offered. */
function NewModel({ provider, kind, model, onKind, onModel }: NewModelProps) {
  const { t } = useTranslation();
  const text = useText();
  const name = provider.model_credential_schema.model;
  const path = { provider: provider.provider };
  const offered = useQuery({
    queryKey: ["models", "remote", provider.provider],
    queryFn: async ({ signal }) => (await call(api.GET("/workspaces/current/model-providers/{provider}/remote-models", { params: { path }, signal }))).data,
    enabled: provider.custom_configuration.status === "active" && provider.custom_configuration.custom_models.length > 0,
    retry: false,
    staleTime: 60_000,
  });
  return (
    <>
      <Field id="model-kind" label={t("modelSetup.kind")}>
        <Select
          id="model-kind"
          value={kind}
          onChange={onKind}
          options={provider.supported_model_types.map((each) => ({ value: each, label: t(`modelSetup.kinds.${each as "llm"}`) }))}
        />
      </Field>
      <Field id="model-name" label={text(name.label)} hint={name.placeholder === null ? undefined : text(name.placeholder)}>
        <TextInput {...fieldProps("model-name", undefined)} list="model-names" value={model} onChange={(event) => onModel(event.target.value)} />
        <datalist id="model-names">
          {(offered.data ?? []).map((each) => (
            <option key={each.name} value={each.name} />
          ))}
        </datalist>
      </Field>
    </>
  );
}

interface Limits {
  concurrency: number | null;
  requests_per_minute: number | null;
  timeout: number | null;
}

/** What a key bears, folded away until somebody needs it. */
function LimitFields({ limits, onChange }: { limits: Limits; onChange: (limits: Limits) => void }) {
  const { t } = useTranslation();
  const given = Object.values(limits).some((each) => each !== null);
  return (
    <details open={given} className="group rounded-card border border-line">
      <summary className="flex min-h-9 cursor-pointer list-none items-center gap-1.5 px-3 text-muted hover:text-text">
        <ChevronRight size={14} className="transition-transform group-open:rotate-90" aria-hidden />
        {t("modelSetup.limits")}
      </summary>
      <div className="grid gap-3 p-3 pt-1 sm:grid-cols-3">
        <Field id="limit-concurrency" label={t("modelSetup.concurrency")}>
          <NumberInput id="limit-concurrency" min={1} max={10_000} value={limits.concurrency} onChange={(concurrency) => onChange({ ...limits, concurrency })} />
        </Field>
        <Field id="limit-rate" label={t("modelSetup.perMinute")}>
          <NumberInput id="limit-rate" min={1} max={1_000_000} value={limits.requests_per_minute} onChange={(value) => onChange({ ...limits, requests_per_minute: value })} />
        </Field>
        <Field id="limit-timeout" label={t("modelSetup.timeout")}>
          <NumberInput id="limit-timeout" min={1} max={3600} value={limits.timeout} onChange={(timeout) => onChange({ ...limits, timeout })} />
        </Field>
      </div>
    </details>
  );
}

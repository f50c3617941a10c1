import { useTranslation } from "react-i18next";
import { Field, fieldProps, TextInput } from "@/ui/field";
import { SecretInput } from "@/ui/secret-input";
import { Segmented } from "@/ui/segmented";
import type { Auth, AuthType, Prefix } from "./draft";

const KINDS: readonly AuthType[] = ["none", "api_key_header", "api_key_query"];
const PREFIXES: readonly Prefix[] = ["bearer", "basic", "custom"];

interface AuthFieldsProps {
  value: Auth;
  onChange: (auth: Auth) => void;
}

/** How requests to an API show who sends them. */
export function AuthFields({ value, onChange }: AuthFieldsProps) {
  const { t } = useTranslation();
  const change = (part: Partial<Auth>) => onChange({ ...value, ...part });
  return (
    <fieldset className="flex flex-col gap-3">
      <legend className="mb-1 font-medium">{t("tools.auth.title")}</legend>
      <Segmented
        label={t("tools.auth.title")}
        value={value.auth_type}
        onChange={(auth_type) => change({ auth_type })}
        options={KINDS.map((kind) => ({ value: kind, label: t(`tools.auth.${kind}`) }))}
      />
      {value.auth_type === "api_key_header" && (
        <>
          <Field id="auth-header" label={t("tools.auth.header")}>
            <TextInput {...fieldProps("auth-header", undefined)} className="max-w-80" value={value.api_key_header} onChange={(event) => change({ api_key_header: event.target.value })} />
          </Field>
          <Segmented
            label={t("tools.auth.prefix")}
            value={value.api_key_header_prefix}
            onChange={(api_key_header_prefix) => change({ api_key_header_prefix })}
            options={PREFIXES.map((prefix) => ({ value: prefix, label: t(`tools.auth.prefixes.${prefix}`) }))}
          />
        </>
      )}
      {value.auth_type === "api_key_query" && (
        <Field id="auth-query" label={t("tools.auth.query")}>
          <TextInput {...fieldProps("auth-query", undefined)} className="max-w-80" value={value.api_key_query_param} onChange={(event) => change({ api_key_query_param: event.target.value })} />
        </Field>
      )}
      {value.auth_type !== "none" && (
        <Field id="auth-key" label={t("tools.auth.key")} hint={t("tools.auth.keyHint")}>
          <SecretInput {...fieldProps("auth-key", undefined)} value={value.api_key_value} onChange={(event) => change({ api_key_value: event.target.value })} />
        </Field>
      )}
    </fieldset>
  );
}

import { useQuery } from "@tanstack/react-query";
import { ChevronDown, KeyRound } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { isJsonObject, type JsonObject, type JsonValue } from "@/api/json";
import { JsonEditor } from "@/features/editors/json-editor";
import { i18nText } from "@/features/schema-form/i18n-text";
import { usePanel } from "../panel-context";
import { Row, Section } from "../section";
import { ToolPicker } from "./tool-picker";
import { ToolValue, type Given } from "./tool-values";
import { useToolParameters } from "./tool-parameters";
import { findTool, toolsQuery, useCredentials, type Tool, type ToolParameter, type ToolProvider } from "./tools";
import { NativeSelect } from "@/ui/field";

interface ToolData {
  provider_id: string;
  provider_name: string;
  provider_type: string;
  tool_name: string;
  tool_label: string;
  tool_parameters: Record<string, Given> | null;
  tool_configurations: JsonObject | null;
  tool_node_version: string;
  credential_id: string | null;
  output_schema: JsonValue;
}

export default function ToolPanel() {
  const { t, i18n } = useTranslation();
  const { data, set, disabled } = usePanel<ToolData>();
  const [choosing, setChoosing] = useState(false);
  const { data: providers, isPending, isError } = useQuery(toolsQuery);
  const id = data.provider_id || (data.provider_name ?? "");
  const found = findTool(providers, id, data.tool_name ?? "");
  const text = (map: Parameters<typeof i18nText>[0]) => i18nText(map, i18n.language);
  const choose = (provider: ToolProvider, tool: Tool) => {
    setChoosing(false);
    const settings = tool.parameters.filter((each) => each.form !== "llm" && each.default !== null && each.default !== undefined);
    set({
      provider_id: provider.id,
      provider_name: provider.name,
      provider_type: provider.type,
      tool_name: tool.name,
      tool_label: text(tool.label),
      tool_parameters: {},
      tool_configurations: Object.fromEntries(settings.map((each): [string, JsonValue] => [each.name, { type: "constant", value: each.default ?? null }])),
      tool_node_version: "2",
      credential_id: null,
      output_schema: tool.output_schema ?? null,
    });
  };
  return (
    <>
      <Section title={t("panels.tool.title")} required>
        <ToolPicker
          open={choosing}
          onOpenChange={setChoosing}
          onChoose={choose}
          trigger={
            <button
              type="button"
              disabled={disabled}
              aria-label={data.tool_name === "" || data.tool_name === undefined ? t("panels.tool.choose") : `${t("panels.tool.title")}: ${data.tool_name}`}
              className="flex h-8 min-w-0 items-center gap-2 rounded-control border border-line bg-raised px-2 text-start hover:border-line-strong disabled:opacity-60 pointer-coarse:h-10"
            >
              {found === undefined ? (
                <span className={isPending || !data.tool_name ? "min-w-0 flex-1 truncate text-muted" : "min-w-0 flex-1 truncate text-danger"}>
                  {!data.tool_name ? t("panels.tool.choose") : isPending ? data.tool_name : isError ? t("panels.tool.failed") : t("panels.tool.gone", { name: data.tool_name })}
                </span>
              ) : (
                <>
                  <span className="truncate">{text(found.tool.label)}</span>
                  <span className="truncate text-12 text-muted">{text(found.provider.label)}</span>
                </>
              )}
              <ChevronDown size={14} strokeWidth={1.5} className="ms-auto shrink-0 text-muted" />
            </button>
          }
        />
        {found !== undefined && <p className="text-12 text-muted">{text(found.tool.description)}</p>}
      </Section>
      {found !== undefined && <CredentialSection provider={found.provider} />}
      {found === undefined ? <RawValues /> : <Values provider={found.provider} tool={found.tool} />}
    </>
  );
}

function CredentialSection({ provider }: { provider: ToolProvider }) {
  const { t } = useTranslation();
  const { data, set, disabled } = usePanel<ToolData>();
  const { data: credentials } = useCredentials(provider);
  if (provider.needs_credentials !== true) return null;
  if (!provider.is_team_authorization) {
    return (
      <a href="/tools" className="flex items-center gap-2 rounded-control bg-warn-soft px-3 py-2 text-warn">
        <KeyRound size={14} strokeWidth={1.5} />
        {t("panels.tool.unauthorized")}
      </a>
    );
  }
  return (
    <Row label={t("panels.tool.credential")}>
      <NativeSelect
        aria-label={t("panels.tool.credential")}
        value={data.credential_id ?? ""}
        disabled={disabled}
        onChange={(event) => set({ credential_id: event.target.value === "" ? null : event.target.value })}
        className="h-8! w-56! text-13!"
      >
        <option value="">{t("panels.tool.defaultCredential")}</option>
        {(credentials ?? []).map((each) => (
          <option key={each.id} value={each.id}>
            {each.name}
          </option>
        ))}
      </NativeSelect>
    </Row>
  );
}

/** The inputs and the settings of a tool that is there. */
function Values({ provider, tool }: { provider: ToolProvider; tool: Tool }) {
  const { t } = useTranslation();
  const { data, set, disabled } = usePanel<ToolData>();
  const { parameters: declared, failure } = useToolParameters(provider, tool, data.credential_id ?? "");
  const inputs = declared.filter((each) => each.form === "llm");
  const settings = declared.filter((each) => each.form !== "llm");
  const parameters = data.tool_parameters ?? {};
  const configurations = data.tool_configurations ?? {};
  const changeSetting = (parameter: ToolParameter, value: Given) => {
    // Older nodes hold bare values: they become entries all at once, since the version says how they are read.
    const entries = data.tool_node_version === "2" ? configurations : Object.fromEntries(Object.entries(configurations).map(([name, each]) => [name, { ...asGiven(each) }]));
    set({ tool_node_version: "2", tool_configurations: { ...entries, [parameter.name]: { ...value } } });
  };
  return (
    <>
      {failure !== undefined && <p role="alert" className="text-12 text-danger">{failure}</p>}
      {inputs.length > 0 && (
        <Section title={t("panels.tool.inputs")}>
          {inputs.map((parameter) => (
            <ToolValue
              key={parameter.name}
              parameter={parameter}
              value={parameters[parameter.name]}
              disabled={disabled}
              onChange={(value) => set({ tool_parameters: { ...parameters, [parameter.name]: value } })}
            />
          ))}
        </Section>
      )}
      {settings.length > 0 && (
        <Section title={t("panels.tool.settings")}>
          {settings.map((parameter) => (
            <ToolValue
              key={parameter.name}
              parameter={parameter}
              value={configurations[parameter.name] === undefined ? undefined : asGiven(configurations[parameter.name] ?? null)}
              disabled={disabled}
              onChange={(value) => changeSetting(parameter, value)}
            />
          ))}
        </Section>
      )}
    </>
  );
}

function asGiven(value: JsonValue): Given {
  if (isJsonObject(value) && "value" in value && typeof value.type === "string") return value as unknown as Given;
  return { type: typeof value === "string" ? "mixed" : "constant", value };
}

/** What a tool that is not there was given: kept, and open to change. */
function RawValues() {
  const { t } = useTranslation();
  const { data, set, disabled } = usePanel<ToolData>();
  if (!data.tool_name) return null;
  return (
    <Section title={t("panels.tool.inputs")}>
      <JsonEditor
        label={t("panels.tool.inputs")}
        value={(data.tool_parameters ?? {}) as unknown as JsonValue}
        disabled={disabled}
        check={(json) => (isJsonObject(json) ? null : t("editors.schema.noObject"))}
        onChange={(json) => set({ tool_parameters: (json ?? {}) as unknown as Record<string, Given> })}
      />
      <JsonEditor
        label={t("panels.tool.settings")}
        value={data.tool_configurations ?? {}}
        disabled={disabled}
        check={(json) => (isJsonObject(json) ? null : t("editors.schema.noObject"))}
        onChange={(json) => set({ tool_configurations: isJsonObject(json) ? json : {} })}
      />
    </Section>
  );
}

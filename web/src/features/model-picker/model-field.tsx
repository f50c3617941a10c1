import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { showToast } from "@/ui/toast";
import { ModelSelector } from "./model-selector";
import { carried, modeOf, rulesQuery, useModel, type ModelEntry, type ModelKind, type ModelSettings, type ProviderModels } from "./models";
import { ParameterPopover } from "./parameter-popover";

interface ModelFieldProps {
  value: ModelSettings | null | undefined;
  onChange: (value: ModelSettings) => void;
  kind?: ModelKind;
  needs?: string;
  label?: string;
  disabled?: boolean;
  id?: string;
}

/** A model and its parameters. Another model keeps the parameters that it knows, and says which it does not. */
export function ModelField({ value, onChange, kind = "llm", needs, label, disabled = false, id }: ModelFieldProps) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const provider = value?.provider ?? "";
  const name = value?.name ?? "";
  const found = useModel(kind, provider, name);
  const choose = (owner: ProviderModels, model: ModelEntry) => {
    const chosen: ModelSettings = { ...value, provider: owner.provider, name: model.model, mode: modeOf(model) };
    onChange(chosen);
    const before = value?.completion_params ?? {};
    if (kind !== "llm" || Object.keys(before).length === 0) return;
    queries.query({ ...rulesQuery(owner.provider, model.model), staleTime: "static" }).then(
      ({ data }) => {
        const { kept, dropped } = carried(before, data);
        onChange({ ...chosen, completion_params: kept });
        if (dropped.length > 0) showToast("ok", t("models.dropped", { names: dropped.join(", ") }));
      },
      () => undefined,
    );
  };
  return (
    <div className="flex min-w-0 items-center gap-1">
      <ModelSelector kind={kind} provider={provider} name={name} onChoose={choose} needs={needs} disabled={disabled} {...(label === undefined ? {} : { label })} {...(id === undefined ? {} : { id })} />
      {found.model !== undefined && kind === "llm" && (
        <span className="shrink-0 rounded-sm border border-line px-1 text-12 text-muted uppercase">{value?.mode || modeOf(found.model)}</span>
      )}
      {kind === "llm" && (
        <ParameterPopover
          provider={found.provider?.provider ?? provider}
          name={name}
          parameters={value?.completion_params ?? {}}
          onChange={(completion_params) => onChange({ ...value, completion_params })}
          disabled={disabled}
        />
      )}
    </div>
  );
}

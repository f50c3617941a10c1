import { useQuery } from "@tanstack/react-query";
import { Settings2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "@/api/client";
import { shortCount } from "@/features/model-picker/models";
import { useText } from "@/features/schema-form/i18n-text";
import { useErrorText } from "@/i18n/errors";
import { Badge } from "@/ui/badge";
import { IconButton } from "@/ui/button";
import { TextInput } from "@/ui/field";
import { Spinner } from "@/ui/spinner";
import { Switch } from "@/ui/switch";
import { LocalFiles } from "./local-files";
import { ModelDialog } from "./model-dialog";
import { modelsQuery, type ModelEntry, type ProviderEntry } from "./providers";
import { useChange } from "./use-change";

const SEARCHED_FROM = 10;
const ABILITIES = ["vision", "tool-call", "document", "audio", "video", "structured-output"] as const;

/** The models of a provider, each with its switch and what can be decided about it. */
export function ProviderModels({ provider, mayChange }: { provider: ProviderEntry; mayChange: boolean }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const [search, setSearch] = useState("");
  const [opened, setOpened] = useState<string | null>(null);
  const { data, error } = useQuery(modelsQuery(provider.provider));
  if (error !== null) return <p className="px-3 pb-3 text-danger">{errorText(error)}</p>;
  if (data === undefined)
    return (
      <p className="px-3 pb-3">
        <Spinner />
      </p>
    );
  const models = data.data;
  const found = models.filter((each) => `${each.model} ${each.label.en_US}`.toLowerCase().includes(search.trim().toLowerCase()));
  const shown = models.find((each) => keyOf(each) === opened);
  return (
    <div className="flex flex-col gap-2 px-3 pb-3">
      {models.length >= SEARCHED_FROM && (
        <TextInput type="search" aria-label={t("modelSetup.searchModels")} placeholder={t("modelSetup.searchModels")} value={search} onChange={(event) => setSearch(event.target.value)} />
      )}
      {models.length > 0 && found.length === 0 && <p className="text-muted">{t("modelSetup.noModelFound")}</p>}
      <ul>
        {found.map((model) => (
          <ModelRow key={keyOf(model)} provider={provider} model={model} mayChange={mayChange} onOpen={() => setOpened(keyOf(model))} />
        ))}
      </ul>
      {data.local !== null && data.local !== undefined && <LocalFiles local={data.local} />}
      {shown !== undefined && <ModelDialog provider={provider} model={shown} onClose={() => setOpened(null)} />}
    </div>
  );
}

function keyOf(model: ModelEntry): string {
  return `${model.model_type} ${model.model}`;
}

interface ModelRowProps {
  provider: ProviderEntry;
  model: ModelEntry;
  mayChange: boolean;
  onOpen: () => void;
}

function ModelRow({ provider, model, mayChange, onOpen }: ModelRowProps) {
  const { t } = useTranslation();
  const text = useText();
  const change = useChange();
  const path = { provider: provider.provider };
  const body = { model: model.model, model_type: model.model_type };
  const label = text(model.label);
  const size = shortCount(model.model_properties.context_size);
  const can = ABILITIES.filter((each) => model.features.includes(each) || (each === "tool-call" && model.features.includes("multi-tool-call")));
  const switchTo = (on: boolean) =>
    change(
      on
        ? api.PATCH("/workspaces/current/model-providers/{provider}/models/enable", { params: { path }, body })
        : api.PATCH("/workspaces/current/model-providers/{provider}/models/disable", { params: { path }, body }),
    );
  return (
    <li className="flex min-h-10 flex-wrap items-center gap-x-2 gap-y-1 border-b border-line py-1 last:border-0">
      <span className="min-w-40 flex-1 truncate" title={model.model}>
        {label}
        {label !== model.model && <span className="ms-1.5 text-12 text-muted">{model.model}</span>}
      </span>
      <span className="flex flex-wrap items-center gap-1 text-12 text-muted">
        {model.deprecated && <Badge tone="warn">{t("models.state.deprecated")}</Badge>}
        <Badge>{t(`modelSetup.kinds.${model.model_type as "llm"}`)}</Badge>
        {model.model_properties.mode === "completion" && <Badge>{t("modelSetup.completion")}</Badge>}
        {can.map((each) => (
          <span key={each} className="rounded-sm border border-line px-1">
            {t(`models.ability.${each}`)}
          </span>
        ))}
        {size !== "" && <span className="tabular">{size}</span>}
        {model.load_balancing_enabled && <Badge tone="accent">{t("modelSetup.turns")}</Badge>}
        {model.fallbacks.length > 0 && <Badge tone="accent">{t("modelSetup.standInCount", { count: model.fallbacks.length })}</Badge>}
        {model.price !== null && <Badge tone="accent">{t("modelSetup.ownPrice")}</Badge>}
      </span>
      {mayChange && (
        <span className="ms-auto flex items-center gap-2">
          <IconButton label={t("modelSetup.settingsOf", { model: model.model })} onClick={onOpen}>
            <Settings2 size={16} strokeWidth={1.5} />
          </IconButton>
          <Switch bare label={t("modelSetup.enable", { model: model.model })} checked={model.status !== "disabled"} onChange={(on) => void switchTo(on)} />
        </span>
      )}
    </li>
  );
}

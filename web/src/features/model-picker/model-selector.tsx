import { useQuery } from "@tanstack/react-query";
import clsx from "clsx";
import { Check, ChevronDown, CircleAlert, Search, Settings2 } from "lucide-react";
import { useRef, useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { PopoverCard } from "@/features/editors/popover-card";
import { i18nText } from "@/features/schema-form/i18n-text";
import { Spinner } from "@/ui/spinner";
import { findModel, pickerQuery, shortCount, type ModelEntry, type ModelKind, type ProviderModels } from "./models";

interface ModelSelectorProps {
  kind?: ModelKind;
  provider: string;
  name: string;
  onChoose: (provider: ProviderModels, model: ModelEntry) => void;
  /** Offers only models with this ability as fitting; others are shown with the reason. */
  needs?: string | undefined;
  label?: string;
  disabled?: boolean;
  id?: string;
}

/** A model of the workspace, by provider; it says when the chosen one can no longer be used. */
export function ModelSelector({ kind = "llm", provider, name, onChoose, needs, label: given, disabled = false, id }: ModelSelectorProps) {
  const { t, i18n } = useTranslation();
  const label = given ?? t("models.choose");
  const [open, setOpen] = useState(false);
  const { data, isPending, isError } = useQuery(pickerQuery(kind));
  const found = findModel(data?.data, provider, name);
  const bad = !["none", "loading", "ok"].includes(found.state);
  return (
    <PopoverCard
      open={open}
      onOpenChange={setOpen}
      label={label}
      trigger={
        <button
          type="button"
          id={id}
          disabled={disabled}
          className="flex h-8 min-w-0 flex-1 items-center gap-2 rounded-control border border-line bg-raised px-2 text-start hover:border-line-strong disabled:opacity-60 pointer-coarse:h-10"
        >
          {name === "" ? (
            <span className="min-w-0 flex-1 truncate text-muted">{label}</span>
          ) : (
            <>
              <span className="sr-only">{label}:</span>
              {bad && <CircleAlert size={14} strokeWidth={1.5} className={clsx("shrink-0", found.state === "deprecated" ? "text-warn" : "text-danger")} />}
              <span className="max-w-[75%] min-w-0 shrink-0 truncate">{found.model === undefined ? name : i18nText(found.model.label, i18n.language)}</span>
              <span className={clsx("min-w-0 shrink truncate text-12", bad ? "text-danger" : "text-muted")}>
                {bad ? t(`models.state.${found.state as "disabled"}`) : found.provider === undefined ? provider : i18nText(found.provider.label, i18n.language)}
              </span>
            </>
          )}
          <ChevronDown size={14} strokeWidth={1.5} className="ms-auto shrink-0 text-muted" />
        </button>
      }
    >
      {isPending ? (
        <div className="flex justify-center p-6">
          <Spinner />
        </div>
      ) : (
        <ModelList
          providers={data?.data ?? []}
          chosen={found.model}
          needs={needs}
          failed={isError}
          onChoose={(owner, model) => {
            setOpen(false);
            onChoose(owner, model);
          }}
        />
      )}
    </PopoverCard>
  );
}

interface ModelListProps {
  providers: readonly ProviderModels[];
  chosen: ModelEntry | undefined;
  needs: string | undefined;
  failed: boolean;
  onChoose: (provider: ProviderModels, model: ModelEntry) => void;
}

function ModelList({ providers, chosen, needs, failed, onChoose }: ModelListProps) {
  const { t, i18n } = useTranslation();
  const [search, setSearch] = useState("");
  const [at, setAt] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const wanted = search.trim().toLowerCase();
  const groups = providers
    .map((owner) => {
      const title = i18nText(owner.label, i18n.language);
      const models = owner.models.filter((model) => `${title} ${model.model} ${i18nText(model.label, i18n.language)}`.toLowerCase().includes(wanted));
      return { owner, title, models };
    })
    .filter((group) => group.models.length > 0);
  const reasonOf = (model: ModelEntry): string | null => {
    if (model.status === "disabled") return t("models.state.disabled");
    if (model.status === "no-configure") return t("models.state.notConfigured");
    return needs !== undefined && !model.features.includes(needs) ? t("models.state.incompatible") : null;
  };
  const choices = groups.flatMap(({ owner, models }) => models.filter((model) => reasonOf(model) === null).map((model) => ({ owner, model })));
  const current = choices[Math.min(at, choices.length - 1)];
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      const next = Math.max(0, Math.min(at + step, choices.length - 1));
      setAt(next);
      list.current?.querySelectorAll("[role=option]:not([aria-disabled=true])")[next]?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter" && current !== undefined) {
      event.preventDefault();
      onChoose(current.owner, current.model);
    }
  };
  return (
    <div className="flex min-h-0 flex-1 flex-col" onKeyDown={onKeyDown}>
      <label className="flex items-center gap-2 border-b border-line px-3">
        <Search size={14} strokeWidth={1.5} className="shrink-0 text-muted" />
        <input
          autoFocus
          aria-label={t("models.search")}
          placeholder={t("models.search")}
          value={search}
          onChange={(event) => {
            setSearch(event.target.value);
            setAt(0);
          }}
          className="h-9 w-full bg-transparent outline-none placeholder:text-muted"
        />
      </label>
      <div ref={list} role="listbox" aria-label={t("models.title")} className="min-h-0 flex-1 overflow-y-auto p-1">
        {groups.map(({ owner, title, models }) => (
          <div key={owner.provider} role="group" aria-label={title}>
            <div className="px-2 pt-2 pb-1 text-12 text-muted">{title}</div>
            {models.map((model) => {
              const reason = reasonOf(model);
              return (
                <div
                  key={model.model}
                  role="option"
                  aria-selected={model === chosen}
                  aria-disabled={reason !== null}
                  onClick={() => {
                    if (reason === null) onChoose(owner, model);
                  }}
                  className={clsx(
                    "flex min-h-8 items-center gap-2 rounded-control px-2 pointer-coarse:min-h-10",
                    reason === null ? "cursor-pointer hover:bg-sunken" : "text-muted",
                    current?.model === model && current.owner === owner && "bg-sunken",
                  )}
                >
                  <span className="min-w-0 flex-1 truncate">{i18nText(model.label, i18n.language)}</span>
                  {reason === null ? <Badges model={model} /> : <span className="shrink-0 text-12">{reason}</span>}
                  {model === chosen && <Check size={14} strokeWidth={1.5} className="shrink-0 text-accent" />}
                </div>
              );
            })}
          </div>
        ))}
        {groups.length === 0 && (
          <p className="px-3 py-6 text-center text-muted">
            {failed ? t("models.failed") : providers.length === 0 ? t("models.none") : t("models.notFound", { search })}
          </p>
        )}
      </div>
      <a href="/settings/models" className="flex h-9 shrink-0 items-center gap-2 border-t border-line px-3 text-muted hover:bg-sunken hover:text-text">
        <Settings2 size={14} strokeWidth={1.5} />
        {t("models.settings")}
      </a>
    </div>
  );
}

const ABILITIES = ["vision", "tool-call", "document", "audio", "video", "structured-output"] as const;

/** What a model can do beside text, and how much it can read. */
function Badges({ model }: { model: ModelEntry }) {
  const { t } = useTranslation();
  const size = shortCount(model.model_properties.context_size);
  return (
    <span className="flex shrink-0 items-center gap-1 text-12 text-muted">
      {ABILITIES.filter((ability) => model.features.includes(ability) || (ability === "tool-call" && model.features.includes("multi-tool-call"))).map((ability) => (
        <span key={ability} className="rounded-sm border border-line px-1">
          {t(`models.ability.${ability}`)}
        </span>
      ))}
      {size !== "" && <span className="tabular">{size}</span>}
    </span>
  );
}

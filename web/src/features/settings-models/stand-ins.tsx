import { useQuery } from "@tanstack/react-query";
import { ArrowDown, ArrowUp, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api } from "@/api/client";
import { pickerQuery, type ModelKind } from "@/features/model-picker/models";
import { useText } from "@/features/schema-form/i18n-text";
import { IconButton } from "@/ui/button";
import { Combobox } from "@/ui/combobox";
import type { ModelEntry, ProviderEntry } from "./providers";
import { useChange } from "./use-change";

type StandIn = ModelEntry["fallbacks"][number];

/** The models that answer, in this order, when a model fails before its first word. */
export function StandIns({ provider, model }: { provider: ProviderEntry; model: ModelEntry }) {
  const { t } = useTranslation();
  const text = useText();
  const change = useChange();
  const offered = useQuery(pickerQuery(model.model_type as ModelKind));
  const chosen = model.fallbacks;
  const put = (fallbacks: StandIn[]) =>
    void change(
      api.PATCH("/workspaces/current/model-providers/{provider}/models/settings", {
        params: { path: { provider: provider.provider } },
        body: { model: model.model, model_type: model.model_type, fallbacks, list_price: false },
      }),
    );
  const taken = new Set([valueOf({ provider: provider.provider, model: model.model }), ...chosen.map(valueOf)]);
  const groups = offered.data?.data ?? [];
  const options = groups
    .flatMap((owner) => owner.models.map((each) => ({ value: valueOf({ provider: owner.provider, model: each.model }), label: text(each.label), group: text(owner.label) })))
    .filter((option) => !taken.has(option.value));
  const nameOf = (each: StandIn) => groups.find((owner) => owner.provider === each.provider);
  return (
    <div className="flex flex-col gap-3">
      <p className="text-muted">{t("modelSetup.standInsHint")}</p>
      <ol className="flex flex-col">
        {chosen.map((each, index) => {
          const owner = nameOf(each);
          const usable = owner?.models.some((other) => other.model === each.model) === true;
          return (
            <li key={valueOf(each)} className="flex min-h-10 items-center gap-2 border-b border-line last:border-0">
              <span className="tabular w-5 text-12 text-muted">{index + 1}</span>
              <span className="min-w-0 flex-1 truncate">
                {each.model}
                <span className="ms-1.5 text-12 text-muted">{owner === undefined ? each.provider : text(owner.label)}</span>
                {offered.isSuccess && !usable && <span className="ms-1.5 text-12 text-danger">{t("modelSetup.cannotStandIn")}</span>}
              </span>
              <IconButton label={t("modelSetup.earlier", { model: each.model })} disabled={index === 0} onClick={() => put(moved(chosen, index, index - 1))}>
                <ArrowUp size={16} strokeWidth={1.5} />
              </IconButton>
              <IconButton label={t("modelSetup.later", { model: each.model })} disabled={index === chosen.length - 1} onClick={() => put(moved(chosen, index, index + 1))}>
                <ArrowDown size={16} strokeWidth={1.5} />
              </IconButton>
              <IconButton label={t("modelSetup.removeStandIn", { model: each.model })} onClick={() => put(chosen.filter((other) => other !== each))}>
                <X size={16} strokeWidth={1.5} />
              </IconButton>
            </li>
          );
        })}
      </ol>
      <Combobox
        label={t("modelSetup.addStandIn")}
        placeholder={t("modelSetup.addStandIn")}
        value={null}
        options={options}
        onChange={(value) => {
          const [owner = "", name = ""] = value.split("\n");
          put([...chosen, { provider: owner, model: name }]);
        }}
      />
    </div>
  );
}

function valueOf({ provider, model }: StandIn): string {
  return `${provider}\n${model}`;
}

/** The list with the one at `from` at `to`. */
export function moved<Item>(list: readonly Item[], from: number, to: number): Item[] {
  const rest = list.filter((_, index) => index !== from);
  return [...rest.slice(0, to), ...list.slice(from, from + 1), ...rest.slice(to)];
}

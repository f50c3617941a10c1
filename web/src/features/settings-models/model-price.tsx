import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Spinner } from "@/ui/spinner";
import { showToast } from "@/ui/toast";
import { PriceForm } from "./price-form";
import { PriceText } from "./price-text";
import { pricesQuery } from "./providers";
import { useChange } from "./use-change";

interface ModelPriceProps {
  provider: string;
  model: string;
  kind: string;
  onDone?: () => void;
}

/** The list price of a model, and the workspace's own. */
export function ModelPrice({ provider, model, kind, onDone }: ModelPriceProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const change = useChange();
  const { data, error } = useQuery(pricesQuery);
  if (error !== null) return <p className="text-danger">{errorText(error)}</p>;
  if (data === undefined) return <Spinner />;
  const found = data.find((each) => each.provider === provider && each.model === model && each.model_type === kind);
  if (found === undefined) return <p className="text-muted">{t("modelSetup.priceOfUnready")}</p>;
  const params = { path: { provider } };
  const which = { model, model_type: kind };
  const done = async (message: string) => {
    await change(Promise.resolve());
    showToast("ok", message);
    onDone?.();
  };
  return (
    <div className="flex flex-col gap-4">
      <p className="flex flex-wrap gap-x-2">
        <span className="text-muted">{t("modelSetup.listPrice")}</span>
        <PriceText price={found.list_price} />
      </p>
      <p className="text-12 text-muted">{t("modelSetup.priceHint")}</p>
      <PriceForm
        key={JSON.stringify(found.price)}
        price={found.price ?? null}
        heard={kind === "tts" || kind === "speech2text"}
        onSave={async (price) => {
          await call(api.PATCH("/workspaces/current/model-providers/{provider}/models/settings", { params, body: { ...which, price, list_price: false } }));
          await done(t("modelSetup.priceSaved"));
        }}
        onReset={
          found.price === null
            ? undefined
            : async () => {
                await call(api.PATCH("/workspaces/current/model-providers/{provider}/models/settings", { params, body: { ...which, list_price: true } }));
                await done(t("modelSetup.priceReset"));
              }
        }
      />
    </div>
  );
}

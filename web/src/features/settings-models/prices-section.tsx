import { useQuery } from "@tanstack/react-query";
import { Pencil, RotateCcw } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "@/api/client";
import { useAccount } from "@/features/account/account-context";
import { mayAdminister } from "@/features/account/roles";
import { useText } from "@/features/schema-form/i18n-text";
import { IconButton } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Skeleton } from "@/ui/empty";
import { TextInput } from "@/ui/field";
import { LoadFailed } from "@/ui/load-failed";
import { Switch } from "@/ui/switch";
import { Cell, HeadCell, Row, Table, TableHead } from "@/ui/table";
import { ModelPrice } from "./model-price";
import type { PricedModel } from "./price";
import { PriceText } from "./price-text";
import { pricesQuery } from "./providers";
import { useChange } from "./use-change";

/** What every model costs that is set up: as lists say, and by the workspace's own word. */
export default function PricesSection() {
  const { t } = useTranslation();
  const text = useText();
  const change = useChange();
  const { role } = useAccount();
  const mayChange = mayAdminister(role);
  const [search, setSearch] = useState("");
  const [ownOnly, setOwnOnly] = useState(false);
  const [editing, setEditing] = useState<PricedModel | null>(null);
  const { data, error, refetch } = useQuery(pricesQuery);
  if (error !== null) return <LoadFailed error={error} onRetry={refetch} />;
  if (data === undefined) return <Skeleton className="h-60 w-full" />;
  const wanted = search.trim().toLowerCase();
  const found = data.filter((each) => `${each.model} ${text(each.label)} ${text(each.provider_label)}`.toLowerCase().includes(wanted) && (!ownOnly || each.price !== null));
  const reset = (each: PricedModel) =>
    change(
      api.PATCH("/workspaces/current/model-providers/{provider}/models/settings", {
        params: { path: { provider: each.provider } },
        body: { model: each.model, model_type: each.model_type, list_price: true },
      }),
    );
  return (
    <div className="flex flex-col gap-4">
      <p className="text-muted">{t("modelSetup.pricesHint")}</p>
      <div className="flex flex-wrap items-center gap-4">
        <TextInput
          type="search"
          className="min-w-48 flex-1"
          aria-label={t("modelSetup.searchModels")}
          placeholder={t("modelSetup.searchModels")}
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
        <Switch label={t("modelSetup.ownOnly")} checked={ownOnly} onChange={setOwnOnly} />
      </div>
      {found.length === 0 ? (
        <p className="py-8 text-center text-muted">{data.length === 0 ? t("modelSetup.noPrices") : t("modelSetup.noModelFound")}</p>
      ) : (
        <Table label={t("modelSetup.prices")} className="rounded-card border border-line bg-surface">
          <TableHead>
            <HeadCell>{t("modelSetup.modelColumn")}</HeadCell>
            <HeadCell>{t("modelSetup.listPrice")}</HeadCell>
            <HeadCell>{t("modelSetup.ownPrice")}</HeadCell>
            {mayChange && (
              <HeadCell>
                <span className="sr-only">{t("modelSetup.change")}</span>
              </HeadCell>
            )}
          </TableHead>
          <tbody>
            {found.map((each) => (
              <Row key={`${each.provider} ${each.model_type} ${each.model}`}>
                <Cell>
                  {text(each.label)}
                  <span className="block text-12 text-muted">{text(each.provider_label)}</span>
                </Cell>
                <Cell>
                  <PriceText price={each.list_price} />
                </Cell>
                <Cell>{each.price === null ? <span className="text-muted">–</span> : <PriceText price={each.price} />}</Cell>
                {mayChange && (
                  <Cell className="w-20 text-end whitespace-nowrap">
                    {each.price !== null && (
                      <IconButton label={t("modelSetup.resetPrice", { model: each.model })} onClick={() => void reset(each)}>
                        <RotateCcw size={16} strokeWidth={1.5} />
                      </IconButton>
                    )}
                    <IconButton label={t("modelSetup.changePrice", { model: each.model })} onClick={() => setEditing(each)}>
                      <Pencil size={16} strokeWidth={1.5} />
                    </IconButton>
                  </Cell>
                )}
              </Row>
            ))}
          </tbody>
        </Table>
      )}
      {editing !== null && (
        <Dialog open onOpenChange={(open) => !open && setEditing(null)} size="medium" title={t("modelSetup.priceOf", { model: text(editing.label) })}>
          <ModelPrice provider={editing.provider} model={editing.model} kind={editing.model_type} onDone={() => setEditing(null)} />
        </Dialog>
      )}
    </div>
  );
}

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api, call, type Schemas } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Switch } from "@/ui/switch";
import { ApiAddress } from "./api-address";
import { Keys } from "./keys";

/** How programs reach one base, and whether they may. */
export function ApiTab({ base }: { base: Schemas["DatasetShown"] }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const change = useMutation({
    mutationFn: (enable_api: boolean) => call(api.PATCH("/datasets/{dataset_id}", { params: { path: { dataset_id: base.id } }, body: { enable_api } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["datasets"] }),
  });
  return (
    <div className="flex max-w-180 flex-col gap-6 py-4">
      <Switch
        label={t("knowledgeSetup.keysOf.enable")}
        hint={t("knowledgeSetup.keysOf.enableHint")}
        checked={change.isPending ? change.variables : (base.enable_api ?? true)}
        onChange={(on) => change.mutate(on)}
      />
      {change.error !== null && <p className="text-danger">{errorText(change.error)}</p>}
      <ApiAddress baseId={base.id} />
      <section className="flex flex-col gap-3">
        <div className="flex flex-wrap items-baseline justify-between gap-2">
          <h3 className="font-semibold">{t("knowledgeSetup.keysOf.opening")}</h3>
          <Link to="/datasets/keys" className="text-accent hover:underline">
            {t("knowledgeSetup.keysOf.manage")}
          </Link>
        </div>
        <Keys baseId={base.id} />
      </section>
    </div>
  );
}

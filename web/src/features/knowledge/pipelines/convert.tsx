import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call, type Schemas } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { showToast } from "@/ui/toast";

/** Gives a base that is cut by rules a pipeline, for good. */
export function Conversion({ base }: { base: Schemas["DatasetShown"] }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  const convert = async () => {
    try {
      await call(api.POST("/rag/pipelines/transform/datasets/{dataset_id}", { params: { path: { dataset_id: base.id } } }));
      await queries.invalidateQueries({ queryKey: ["datasets"] });
      await navigate({ to: "/datasets/$baseId/pipeline", params: { baseId: base.id } });
    } catch (error) {
      showToast("danger", errorText(error));
    }
  };
  return (
    <section className="flex flex-col gap-2 border-t border-line pt-5">
      <h3 className="font-semibold">{t("pipelines.convert.title")}</h3>
      <p className="text-muted">{t("pipelines.convert.text")}</p>
      <div>
        <Button onClick={() => setAsking(true)}>{t("pipelines.convert.action")}</Button>
      </div>
      {asking && (
        <ConfirmDialog
          title={t("pipelines.convert.ask", { name: base.name })}
          text={t("pipelines.convert.consequence")}
          action={t("pipelines.convert.action")}
          onClose={() => setAsking(false)}
          onConfirm={convert}
        />
      )}
    </section>
  );
}

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api } from "@/api/client";
import { pickerQuery, type ModelKind } from "@/features/model-picker/models";
import { useErrorText } from "@/i18n/errors";
import { Field } from "@/ui/field";
import { Select } from "@/ui/select";
import { showToast } from "@/ui/toast";
import { defaultQuery } from "./providers";

const KINDS: readonly ModelKind[] = ["llm", "text-embedding", "rerank", "speech2text", "tts"];

/** Which model is asked where none was chosen: by new apps, for titles, by knowledge bases. */
export function Defaults({ editable }: { editable: boolean }) {
  const { t } = useTranslation();
  return (
    <section className="flex flex-col gap-3">
      <h3 className="font-medium">{t("modelSetup.defaults")}</h3>
      <p className="text-muted">{t("modelSetup.defaultsHint")}</p>
      <div className="grid gap-3 sm:grid-cols-2">
        {KINDS.map((kind) => (
          <Default key={kind} kind={kind} editable={editable} />
        ))}
      </div>
    </section>
  );
}

function Default({ kind, editable }: { kind: ModelKind; editable: boolean }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const offered = useQuery(pickerQuery(kind));
  const current = useQuery(defaultQuery(kind));
  const options = (offered.data?.data ?? []).flatMap((owner) =>
    owner.models.map((model) => ({ value: `${owner.provider}\n${model.model}`, label: model.model, hint: owner.provider })),
  );
  const value = current.data == null ? null : `${current.data.provider}\n${current.data.model}`;
  const choose = async (chosen: string) => {
    const [provider = "", model = ""] = chosen.split("\n");
    try {
      await api.POST("/workspaces/current/default-model", { body: { model_settings: [{ model_type: kind, provider, model }] } });
      await queries.invalidateQueries({ queryKey: ["models", "default", kind] });
    } catch (error) {
      showToast("danger", errorText(error));
    }
  };
  const missing = kind === "llm" && current.isSuccess && current.data === null;
  return (
    <Field
      id={`default-${kind}`}
      label={t(`modelSetup.kinds.${kind}`)}
      hint={
        missing ? (
          <span className="flex items-center gap-1 text-warn">
            <TriangleAlert size={14} strokeWidth={1.5} aria-hidden />
            {t("modelSetup.noDefault")}
          </span>
        ) : undefined
      }
    >
      <Select
        id={`default-${kind}`}
        value={value}
        onChange={(chosen) => void choose(chosen)}
        options={options}
        disabled={!editable || options.length === 0}
        placeholder={options.length === 0 ? t("modelSetup.noModels") : t("modelSetup.choose")}
      />
    </Field>
  );
}

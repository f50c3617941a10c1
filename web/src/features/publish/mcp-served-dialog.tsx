import { useQueryClient } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, fieldProps, TextArea, TextInput } from "@/ui/field";
import { argumentsOf, servedQuery, type Served } from "./served";

/** What MCP clients are told about the app and about each argument. */
export default function McpServedDialog({ served, onClose }: { served: Served; onClose: () => void }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const [description, setDescription] = useState(served.description);
  const [told, setTold] = useState(() => argumentsOf(served));
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const save = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const parameters = Object.fromEntries(told.map((each) => [each.name, each.description]));
      await call(api.PUT("/apps/{app_id}/server", { params: { path: { app_id: served.id } }, body: { description, parameters } }));
      await queries.invalidateQueries({ queryKey: servedQuery(served.id).queryKey });
      onClose();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return (
    <Dialog open size="medium" title={t("publishing.mcp.describe")} description={t("publishing.mcp.describeHint", { name: served.name })} onOpenChange={(open) => !open && onClose()}>
      <form className="flex flex-col gap-3" onSubmit={(event) => void save(event)}>
        <Field id="served-description" label={t("publishing.mcp.description")}>
          <TextArea {...fieldProps("served-description", undefined)} maxLength={4096} value={description} onChange={(event) => setDescription(event.target.value)} />
        </Field>
        {told.map(({ name, description: about }) => (
          <Field key={name} id={`served-${name}`} label={<span className="font-mono">{name}</span>}>
            <TextInput
              {...fieldProps(`served-${name}`, undefined)}
              value={about}
              onChange={(event) => setTold(told.map((each) => (each.name === name ? { name, description: event.target.value } : each)))}
            />
          </Field>
        ))}
        {error !== null && (
          <p role="alert" className="break-words text-danger">
            {errorText(error)}
          </p>
        )}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button type="submit" variant="primary" busy={busy}>
            {t("publishing.mcp.save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

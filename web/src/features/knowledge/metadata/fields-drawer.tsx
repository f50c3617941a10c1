import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Pencil, Plus, Trash2 } from "lucide-react";
import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, call, type Schemas } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Badge } from "@/ui/badge";
import { Button, IconButton } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { Drawer } from "@/ui/drawer";
import { Field, fieldProps, TextInput } from "@/ui/field";
import { Select } from "@/ui/select";
import { Spinner } from "@/ui/spinner";
import { Switch } from "@/ui/switch";
import { showToast } from "@/ui/toast";
import { BUILT_IN, FIELD_TYPES, fieldsQuery } from "./metadata-query";

type Counted = Schemas["FieldCount"];

const MAX_NAME = 255;

/** What documents of a base may be described by. Mounted means open. */
export function FieldsDrawer({ baseId, onClose }: { baseId: string; onClose: () => void }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const fields = useQuery(fieldsQuery(baseId));
  const [removing, setRemoving] = useState<Counted | null>(null);
  const path = { dataset_id: baseId };
  const refresh = () => queries.invalidateQueries({ queryKey: ["datasets"] });
  const switchBuiltIn = async (on: boolean) => {
    try {
      await call(api.POST("/datasets/{dataset_id}/metadata/built-in/{action}", { params: { path: { ...path, action: on ? "enable" : "disable" } } }));
      await refresh();
    } catch (error) {
      showToast("danger", errorText(error));
    }
  };
  const rename = async (id: string, name: string) => {
    await call(api.PATCH("/datasets/{dataset_id}/metadata/{metadata_id}", { params: { path: { ...path, metadata_id: id } }, body: { name } }));
    await refresh();
  };
  return (
    <Drawer open onOpenChange={(open) => !open && onClose()} title={t("documents.metadata.title")}>
      <p className="mb-4 text-muted">{t("documents.metadata.text")}</p>
      {fields.error !== null && <p className="text-danger">{errorText(fields.error)}</p>}
      {fields.data === undefined ? (
        fields.error === null && <Spinner />
      ) : (
        <div className="flex flex-col gap-6">
          <NewField baseId={baseId} onAdded={refresh} />
          <ul aria-label={t("documents.metadata.fields")}>
            {fields.data.doc_metadata.map((field) => (
              <FieldRow key={field.id} field={field} onRename={(name) => rename(field.id, name)} onRemove={() => setRemoving(field)} />
            ))}
          </ul>
          {fields.data.doc_metadata.length === 0 && <p className="text-muted">{t("documents.metadata.none")}</p>}
          <section className="border-t border-line pt-4">
            <Switch
              label={t("documents.metadata.builtIn")}
              hint={t("documents.metadata.builtInHint", { names: BUILT_IN.join(", ") })}
              checked={fields.data.built_in_field_enabled}
              onChange={(on) => void switchBuiltIn(on)}
            />
          </section>
        </div>
      )}
      {removing !== null && (
        <ConfirmDialog
          title={t("documents.metadata.removeTitle", { name: removing.name })}
          text={t("documents.metadata.removeText", { count: removing.count })}
          action={t("knowledgeSetup.list.removeAction")}
          onClose={() => setRemoving(null)}
          onConfirm={async () => {
            await call(api.DELETE("/datasets/{dataset_id}/metadata/{metadata_id}", { params: { path: { ...path, metadata_id: removing.id } } }));
            await refresh();
          }}
        />
      )}
    </Drawer>
  );
}

function NewField({ baseId, onAdded }: { baseId: string; onAdded: () => Promise<unknown> }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const [name, setName] = useState("");
  const [type, setType] = useState<(typeof FIELD_TYPES)[number]>("string");
  const [error, setError] = useState<string>();
  const add = async (event: SyntheticEvent) => {
    event.preventDefault();
    setError(undefined);
    try {
      await call(api.POST("/datasets/{dataset_id}/metadata", { params: { path: { dataset_id: baseId } }, body: { type, name: name.trim() } }));
      setName("");
      await onAdded();
    } catch (failure) {
      setError(errorText(failure));
    }
  };
  return (
    <form onSubmit={(event) => void add(event)}>
      <Field id="field-name" label={t("documents.metadata.newField")} error={error}>
        <div className="flex flex-wrap gap-2">
          <TextInput {...fieldProps("field-name", error)} className="min-w-40 flex-1" maxLength={MAX_NAME} value={name} onChange={(event) => setName(event.target.value)} />
          <Select
            className="max-w-36"
            label={t("documents.metadata.type")}
            value={type}
            onChange={setType}
            options={FIELD_TYPES.map((each) => ({ value: each, label: t(`documents.metadata.types.${each}`) }))}
          />
          <Button type="submit" className="shrink-0" disabled={name.trim() === ""} icon={<Plus size={16} strokeWidth={1.5} />}>
            {t("documents.metadata.add")}
          </Button>
        </div>
      </Field>
    </form>
  );
}

interface FieldRowProps {
  field: Counted;
  /** Raises ApiError. */
  onRename: (name: string) => Promise<unknown>;
  onRemove: () => void;
}

function FieldRow({ field, onRename, onRemove }: FieldRowProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const [name, setName] = useState<string | null>(null);
  const rename = async () => {
    const wanted = name?.trim() ?? "";
    setName(null);
    if (wanted === "" || wanted === field.name) return;
    try {
      await onRename(wanted);
    } catch (error) {
      showToast("danger", errorText(error));
    }
  };
  const label = t("documents.metadata.rename", { name: field.name });
  return (
    <li className="flex min-h-10 items-center gap-2 border-b border-line last:border-b-0">
      {name === null ? (
        <>
          <span className="min-w-0 truncate">{field.name}</span>
          <Badge>{t(`documents.metadata.types.${field.type as "string"}`)}</Badge>
          <span className="tabular min-w-0 flex-1 text-end text-12 text-muted">{t("documents.metadata.uses", { count: field.count })}</span>
          <IconButton label={label} onClick={() => setName(field.name)}>
            <Pencil size={14} strokeWidth={1.5} />
          </IconButton>
          <IconButton label={t("documents.metadata.remove", { name: field.name })} onClick={onRemove}>
            <Trash2 size={14} strokeWidth={1.5} />
          </IconButton>
        </>
      ) : (
        <TextInput
          autoFocus
          aria-label={label}
          maxLength={MAX_NAME}
          value={name}
          onChange={(event) => setName(event.target.value)}
          onBlur={() => void rename()}
          onKeyDown={(event) => {
            if (event.nativeEvent.isComposing) return;
            if (event.key === "Enter") void rename();
            if (event.key === "Escape") {
              event.stopPropagation();
              setName(null);
            }
          }}
        />
      )}
    </li>
  );
}

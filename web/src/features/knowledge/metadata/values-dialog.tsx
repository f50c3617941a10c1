import { useQuery } from "@tanstack/react-query";
import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, call, type Schemas } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, TextInput } from "@/ui/field";
import { NumberInput } from "@/ui/number-input";
import { Spinner } from "@/ui/spinner";
import { Time } from "@/ui/time";
import { useTimeZone } from "@/ui/time-zone";
import { BUILT_IN_ID, fieldsQuery } from "./metadata-query";
import { clockMoment, clockText, commonValue, operationsOf, type Value } from "./values";

type Document = Schemas["DocumentShown"];

const MAX_VALUE = 10_000;

interface ValuesDialogProps {
  baseId: string;
  documents: readonly Document[];
  onSaved: () => Promise<unknown>;
  /** Opens the list of fields. */
  onFields: () => void;
  onClose: () => void;
}

/** The metadata of one document or of many at once; of many, what was not touched stays as each has it. */
export function ValuesDialog({ baseId, documents, onSaved, onFields, onClose }: ValuesDialogProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const fields = useQuery(fieldsQuery(baseId));
  const [changed, setChanged] = useState<ReadonlyMap<string, Value>>(new Map());
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const [single] = documents;
  const own = fields.data?.doc_metadata ?? [];
  const told = documents.length === 1 ? (single?.doc_metadata.filter((each) => each.id === BUILT_IN_ID) ?? []) : [];
  const save = async (event: SyntheticEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      await call(
        api.POST("/datasets/{dataset_id}/documents/metadata", {
          params: { path: { dataset_id: baseId } },
          body: { operation_data: operationsOf(documents, own, changed) },
        }),
      );
      await onSaved();
      onClose();
    } catch (failure) {
      setError(errorText(failure));
      setBusy(false);
    }
  };
  return (
    <Dialog
      open
      size="medium"
      onOpenChange={(open) => !open && onClose()}
      title={documents.length === 1 ? t("documents.metadata.of", { name: single?.name }) : t("documents.metadata.ofMany", { count: documents.length })}
      {...(documents.length > 1 ? { description: t("documents.metadata.untouched") } : {})}
      footer={
        <>
          <Button variant="quiet" className="mr-auto" onClick={onFields}>
            {t("documents.metadata.title")}
          </Button>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button variant="primary" type="submit" form="document-values" busy={busy} disabled={changed.size === 0}>
            {t("documents.metadata.save")}
          </Button>
        </>
      }
    >
      {fields.data === undefined && (fields.error === null ? <Spinner /> : <p className="text-danger">{errorText(fields.error)}</p>)}
      {fields.data !== undefined && own.length === 0 && <p className="text-muted">{t("documents.metadata.none")}</p>}
      <form id="document-values" className="flex flex-col gap-4" onSubmit={(event) => void save(event)}>
        {own.map((field) => {
          const common = commonValue(documents, field.id);
          const given = changed.get(field.id);
          return (
            <Field key={field.id} id={`value-${field.id}`} label={field.name}>
              <ValueInput
                id={`value-${field.id}`}
                type={field.type}
                value={given === undefined ? (common.same ? common.value : null) : given}
                placeholder={given === undefined && !common.same ? t("documents.metadata.several") : ""}
                onChange={(value) => setChanged(new Map([...changed, [field.id, value]]))}
              />
            </Field>
          );
        })}
        {error !== undefined && (
          <p role="alert" className="text-danger">
            {error}
          </p>
        )}
      </form>
      {told.length > 0 && (
        <dl className="mt-5 grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 border-t border-line pt-4 text-12">
          {told.map(({ name, type, value }) => (
            <div key={name} className="contents">
              <dt className="text-muted">{name}</dt>
              <dd className="min-w-0 break-words">{type === "time" && typeof value === "number" ? <Time at={value} /> : String(value ?? "")}</dd>
            </div>
          ))}
        </dl>
      )}
    </Dialog>
  );
}

interface ValueInputProps {
  id: string;
  type: string;
  value: Value;
  placeholder: string;
  onChange: (value: Value) => void;
}

function ValueInput({ id, type, value, placeholder, onChange }: ValueInputProps) {
  const timeZone = useTimeZone();
  if (type === "number") return <NumberInput id={id} step={0.000001} placeholder={placeholder} value={typeof value === "number" ? value : null} onChange={onChange} />;
  if (type === "time") {
    return (
      <div className="flex items-center gap-2">
        <TextInput
          id={id}
          type="datetime-local"
          className="max-w-60"
          value={typeof value === "number" ? clockText(value, timeZone) : ""}
          onChange={(event) => onChange(clockMoment(event.target.value, timeZone))}
        />
        <span className="text-12 text-muted">{placeholder}</span>
      </div>
    );
  }
  return <TextInput id={id} maxLength={MAX_VALUE} placeholder={placeholder} value={value === null ? "" : String(value)} onChange={(event) => onChange(event.target.value === "" ? null : event.target.value)} />;
}

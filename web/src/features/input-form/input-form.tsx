import { useId } from "react";
import { useTranslation } from "react-i18next";
import type { Uploader } from "@/api/upload";
import type { SystemParameters } from "@/api/webapp-types";
import type { Attachment } from "@/features/files/attachments";
import { Field, fieldProps, NativeSelect, TextArea, TextInput } from "@/ui/field";
import type { FieldProblem, FieldValue, FormValues, InputField } from "./fields";
import { FileField } from "./file-field";

interface InputFormProps {
  client: Uploader;
  system: SystemParameters | null;
  fields: readonly InputField[];
  values: FormValues;
  problems: Readonly<Record<string, FieldProblem>>;
  onChange: (variable: string, update: (value: FieldValue) => FieldValue) => void;
}

/** The input form of an app. Hidden fields keep the value of the address or their default. */
export function InputForm({ fields, ...rest }: InputFormProps) {
  return (
    <div className="flex flex-col gap-4">
      {fields
        .filter((field) => field.hide !== true)
        .map((field) => (
          <InputRow key={field.variable} field={field} {...rest} />
        ))}
    </div>
  );
}

function InputRow({ field, values, problems, onChange, client, system }: Omit<InputFormProps, "fields"> & { field: InputField }) {
  const { t } = useTranslation();
  const problemText = useProblemText();
  const id = `${useId()}-${field.variable}`;
  const value = values[field.variable] ?? "";
  const problem = problems[field.variable];
  const error = problem === undefined ? undefined : problemText(problem);
  const set = (next: FieldValue) => onChange(field.variable, () => next);
  const label = field.label === "" ? field.variable : field.label;
  const shared = { ...fieldProps(id, error), "aria-required": field.required === true, placeholder: field.placeholder ?? undefined };

  if (field.type === "checkbox") {
    return (
      <label className="flex min-h-8 items-center gap-2 font-medium">
        <input
          type="checkbox"
          className="size-4 accent-accent"
          checked={value === true}
          onChange={(event) => set(event.target.checked)}
        />
        {label}
      </label>
    );
  }
  const text = typeof value === "string" ? value : "";
  const length = Array.from(text).length;
  const limit = field.type === "text-input" || field.type === "paragraph" ? (field.max_length ?? null) : null;
  const counter = limit !== null && length > limit * 0.8 && (
    <span className={`tabular text-12 ${length > limit ? "text-danger" : "text-muted"}`}>
      {length}/{limit}
    </span>
  );
  return (
    <Field id={id} label={label} optional={field.required !== true} error={error} hint={field.hint ?? undefined} aside={counter}>
      {field.type === "paragraph" || field.type === "json_object" ? (
        <TextArea
          {...shared}
          className={field.type === "json_object" ? "font-mono" : ""}
          value={text}
          onChange={(event) => set(event.target.value)}
        />
      ) : field.type === "select" ? (
        <NativeSelect {...shared} value={text} onChange={(event) => set(event.target.value)}>
          <option value="">{t("form.choose")}</option>
          {field.options?.map((option) => (
            <option key={option} value={option}>
              {option}
            </option>
          ))}
        </NativeSelect>
      ) : field.type === "file" || field.type === "file-list" ? (
        <FileField
          id={id}
          field={field}
          client={client}
          system={system}
          files={typeof value === "object" ? value : []}
          onChange={(update) => onChange(field.variable, (before) => update(filesIn(before)))}
        />
      ) : (
        <TextInput
          {...shared}
          inputMode={field.type === "number" ? "decimal" : undefined}
          value={text}
          onChange={(event) => set(event.target.value)}
        />
      )}
    </Field>
  );
}

function filesIn(value: FieldValue): readonly Attachment[] {
  return typeof value === "object" ? value : [];
}

/** What is wrong with a field, in the viewer's language and with the limit in the text. */
export function useProblemText(): (problem: FieldProblem) => string {
  const { t } = useTranslation();
  return (problem) => {
    switch (problem.kind) {
      case "tooLong":
        return t("form.tooLong", { count: problem.max });
      case "tooManyFiles":
        return t("files.tooMany", { count: problem.max });
      default:
        return t(`form.${problem.kind}`);
    }
  };
}

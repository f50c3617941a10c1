import { useTranslation } from "react-i18next";
import type { InputField } from "@/features/input-form/fields";

/** The inputs that an app asks for, by the names that programs send. */
export function InputsTable({ fields }: { fields: readonly InputField[] }) {
  const { t } = useTranslation();
  if (fields.length === 0) return <p className="mt-1 text-muted">{t("apiReference.noInputs")}</p>;
  return (
    <ul aria-label={t("apiReference.inputsOf")} className="mt-2 flex flex-col gap-1.5 rounded-control bg-sunken p-2">
      {fields.map((field) => (
        <li key={field.variable}>
          <span className="font-mono text-12 font-medium break-all">{field.variable}</span> <span className="text-12 text-muted">{field.type}</span>{" "}
          {field.required === true && <span className="text-12 text-danger">{t("apiReference.required")}</span>}
          <span className="block text-12 text-muted">{[field.label, ...limitsOf(field)].join(" · ")}</span>
        </li>
      ))}
    </ul>
  );

  function limitsOf({ type, options, max_length }: InputField): string[] {
    if (type === "select") return [t("apiReference.options", { options: options?.join(", ") ?? "" })];
    return type === "text-input" || type === "paragraph" ? (max_length == null ? [] : [t("apiReference.most", { count: max_length })]) : [];
  }
}

import { ChevronRight, SlidersHorizontal } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { JsonObject, JsonValue } from "@/api/json";
import { fieldsOf, type FormValues } from "@/features/input-form/fields";
import { InputForm } from "@/features/input-form/input-form";
import type { InputFormState } from "@/features/input-form/use-input-form";
import { useWebApp } from "@/features/webapp/webapp-context";
import { AppIcon } from "@/ui/app-icon";
import { Markdown } from "@/ui/markdown/markdown";
import { Suggestions } from "./suggestions";

/** A new conversation: what the app is, its form, its opener and suggested questions. */
export function Welcome({ form, onAsk }: { form: InputFormState; onAsk: (query: string) => void }) {
  const { t } = useTranslation();
  const { client, site, parameters } = useWebApp();
  const opener = fillVariables(parameters.opening_statement ?? "", form.values);
  const visible = form.fields.some((field) => field.hide !== true);
  return (
    <div className="flex flex-col gap-6">
      <div className="flex items-start gap-4 pt-2 md:pt-10">
        <AppIcon name={site.title} icon={site.icon} background={site.icon_background} imageUrl={site.icon_url} size="large" />
        <div className="min-w-0">
          <h2 className="text-20 font-semibold">{site.title}</h2>
          {site.description !== null && site.description !== "" && <p className="text-14 text-muted">{site.description}</p>}
        </div>
      </div>
      {visible && (
        <section aria-label={t("form.title")} className="rounded-card border border-line bg-bg p-4">
          <InputForm
            client={client}
            system={parameters.system_parameters}
            fields={form.fields}
            values={form.values}
            problems={form.problems}
            onChange={form.change}
          />
        </section>
      )}
      {opener !== "" && <Markdown text={opener} />}
      <Suggestions
        questions={(parameters.suggested_questions ?? []).map((question) => fillVariables(question, form.values))}
        label={t("chat.suggested")}
        onAsk={onAsk}
      />
    </div>
  );
}

/** Above the messages: the opener, and the values the conversation was started with, folded. */
export function InputsSummary({ inputs, introduction }: { inputs: JsonObject | null; introduction: string | null }) {
  const { t } = useTranslation();
  const { parameters } = useWebApp();
  const shownValue = (value: JsonValue) => (typeof value === "boolean" ? t(value ? "form.yes" : "form.no") : plainText(value));
  const rows = fieldsOf(parameters.user_input_form)
    .filter((field) => field.hide !== true)
    .map((field) => ({ label: field.label, value: shownValue(inputs?.[field.variable] ?? null) }))
    .filter((row) => row.value !== "");
  return (
    <>
      {rows.length > 0 && (
        <details className="group rounded-card border border-line bg-bg">
          <summary className="flex min-h-9 items-center gap-2 rounded-card px-3 text-muted hover:text-text">
            <SlidersHorizontal size={16} strokeWidth={1.5} />
            <span className="shrink-0">{t("form.title")}</span>
            <span className="min-w-0 flex-1 truncate group-open:invisible">{rows.map((row) => row.value).join(" · ")}</span>
            <ChevronRight size={16} strokeWidth={1.5} className="transition-transform group-open:rotate-90" />
          </summary>
          <dl className="grid grid-cols-[minmax(80px,auto)_1fr] gap-x-4 gap-y-1 px-3 pb-3">
            {rows.map((row) => (
              <div key={row.label} className="contents">
                <dt className="text-muted">{row.label}</dt>
                <dd className="break-words whitespace-pre-wrap">{row.value}</dd>
              </div>
            ))}
          </dl>
        </details>
      )}
      {introduction !== null && introduction !== "" && <Markdown text={introduction} />}
    </>
  );
}

function plainText(value: JsonValue): string {
  if (value === null) return "";
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value)) return value.map(plainText).filter(Boolean).join(", ");
  if (typeof value.filename === "string") return value.filename;
  // A file on its way to the server has no name there yet.
  return "transfer_method" in value ? "" : JSON.stringify(value);
}

function fillVariables(text: string, values: FormValues): string {
  return text.replace(/\{\{\s*(\w+)\s*\}\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === "string" && value !== "" ? value : "…";
  });
}

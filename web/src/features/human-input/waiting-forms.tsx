import { ExternalLink, Hourglass } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { FormRequired } from "@/api/events";
import { buttonClass } from "@/ui/button";

/** What a generation waits for: a link to each form that this person may fill. */
export function WaitingForms({ forms }: { forms: readonly FormRequired[] }) {
  const { t } = useTranslation();
  return (
    <ul className="flex flex-col gap-2" aria-label={t("humanInput.waiting")}>
      {forms.map((form) => (
        <li
          key={form.form_id}
          className="flex flex-wrap items-center gap-x-3 gap-y-2 rounded-card border border-line bg-surface px-3 py-2.5"
        >
          <Hourglass size={16} strokeWidth={1.5} className="shrink-0 text-muted" />
          <span className="min-w-0 flex-1">
            <span className="block truncate font-medium">{form.node_title || t("humanInput.waiting")}</span>
            <span className="block text-12 text-muted">{form.form_token === null ? t("humanInput.elsewhere") : t("humanInput.yours")}</span>
          </span>
          {form.form_token !== null && (
            <a href={`/form/${form.form_token}`} target="_blank" rel="noreferrer" className={buttonClass("primary")}>
              {t("humanInput.open")}
              <ExternalLink size={14} strokeWidth={1.5} />
            </a>
          )}
        </li>
      ))}
    </ul>
  );
}

import { ChevronRight } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useText } from "@/features/schema-form/i18n-text";
import type { ToolProvider, ToolShown } from "./tools-query";

/** The tools of a provider, each with its parameters on a click. */
export function ToolList({ provider }: { provider: ToolProvider }) {
  const { t } = useTranslation();
  return (
    <section className="flex flex-col gap-2">
      <h3 className="font-medium">{t("tools.count", { count: provider.tools.length })}</h3>
      <ul className="divide-y divide-line rounded-card border border-line">
        {provider.tools.map((tool) => (
          <li key={tool.name}>
            <ToolEntry tool={tool} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function ToolEntry({ tool }: { tool: ToolShown }) {
  const { t } = useTranslation();
  const text = useText();
  const label = text(tool.label) || tool.name;
  return (
    <details className="group p-3">
      <summary className="flex cursor-pointer list-none items-start gap-2">
        <ChevronRight aria-hidden size={16} strokeWidth={1.5} className="mt-0.5 shrink-0 text-muted transition-transform group-open:rotate-90" />
        <span className="min-w-0 flex-1">
          <span className="block font-medium break-words">{label}</span>
          {label !== tool.name && <span className="block font-mono text-12 break-all text-muted">{tool.name}</span>}
          <span className="line-clamp-2 break-words text-muted group-open:line-clamp-none">{text(tool.description)}</span>
        </span>
      </summary>
      <ul className="mt-2 flex flex-col gap-2 ps-6">
        {tool.parameters.length === 0 && <li className="text-muted">{t("tools.noParameters")}</li>}
        {tool.parameters.map((parameter) => (
          <li key={parameter.name} className="min-w-0">
            <span className="flex flex-wrap items-baseline gap-x-2">
              <span className="font-mono text-12 break-all">{parameter.name}</span>
              <span className="text-12 text-muted">{parameter.type}</span>
              {parameter.required && <span className="text-12 text-warn">{t("tools.required")}</span>}
              <span className="text-12 text-muted">{t(parameter.form === "llm" ? "tools.byModel" : "tools.byBuilder")}</span>
            </span>
            <span className="block text-12 break-words text-muted">{text(parameter.human_description) || parameter.llm_description}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}

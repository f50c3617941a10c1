import { ChevronRight, Wrench } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { AgentThought } from "@/api/events";
import { parseJson } from "@/api/json";
import { JsonView } from "@/ui/json-view";
import { Spinner } from "@/ui/spinner";

/** One call of tools by an agent: a line, with request and response on click. */
export function ToolLine({ thought, running }: { thought: AgentThought; running: boolean }) {
  const { t } = useTranslation();
  const names = thought.tool.split(";").join(", ");
  return (
    <details className="group rounded-card border border-line bg-surface">
      <summary className="flex min-h-9 items-center gap-2 rounded-card px-2.5 hover:bg-sunken">
        {running ? <Spinner className="text-accent" /> : <Wrench size={16} strokeWidth={1.5} className="text-muted" />}
        <span className="font-medium">{names}</span>
        <span className="min-w-0 flex-1 truncate font-mono text-12 text-muted">{thought.tool_input}</span>
        <ChevronRight size={16} strokeWidth={1.5} className="shrink-0 text-muted transition-transform group-open:rotate-90" />
      </summary>
      <div className="flex flex-col gap-2 border-t border-line p-2.5">
        <Part title={t("chat.toolRequest")} text={thought.tool_input} />
        {thought.observation !== "" && <Part title={t("chat.toolResponse")} text={thought.observation} />}
      </div>
    </details>
  );
}

function Part({ title, text }: { title: string; text: string }) {
  return (
    <div>
      <p className="mb-1 text-12 text-muted">{title}</p>
      <JsonView value={parseJson(text) ?? text} />
    </div>
  );
}

import { useQuery } from "@tanstack/react-query";
import { Search } from "lucide-react";
import { useState, type ReactElement } from "react";
import { useTranslation } from "react-i18next";
import { PopoverCard } from "@/features/editors/popover-card";
import { i18nText } from "@/features/schema-form/i18n-text";
import { Spinner } from "@/ui/spinner";
import { toolsQuery, type Tool, type ToolProvider } from "./tools";

interface ToolPickerProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  onChoose: (provider: ToolProvider, tool: Tool) => void;
  trigger: ReactElement;
}

/** Every tool of the workspace, by provider. */
export function ToolPicker({ open, onOpenChange, onChoose, trigger }: ToolPickerProps) {
  const { t } = useTranslation();
  return (
    <PopoverCard open={open} onOpenChange={onOpenChange} label={t("panels.tool.choose")} trigger={trigger}>
      <ToolList onChoose={onChoose} />
    </PopoverCard>
  );
}

function ToolList({ onChoose }: Pick<ToolPickerProps, "onChoose">) {
  const { t, i18n } = useTranslation();
  const { data, isPending, isError } = useQuery(toolsQuery);
  const [search, setSearch] = useState("");
  const wanted = search.trim().toLowerCase();
  const text = (map: Parameters<typeof i18nText>[0]) => i18nText(map, i18n.language);
  const groups = (data ?? [])
    .filter((provider) => provider.enabled !== false)
    .map((provider) => ({
      provider,
      tools: provider.tools.filter((tool) => `${text(provider.label)} ${text(tool.label)} ${tool.name}`.toLowerCase().includes(wanted)),
    }))
    .filter((group) => group.tools.length > 0);
  if (isPending) {
    return (
      <div className="flex justify-center p-6">
        <Spinner />
      </div>
    );
  }
  return (
    <>
      <label className="flex items-center gap-2 border-b border-line px-3">
        <Search size={14} strokeWidth={1.5} className="shrink-0 text-muted" />
        <input
          autoFocus
          aria-label={t("panels.tool.search")}
          placeholder={t("panels.tool.search")}
          value={search}
          onChange={(event) => setSearch(event.target.value)}
          className="h-9 w-full bg-transparent outline-none placeholder:text-muted"
        />
      </label>
      <div className="min-h-0 flex-1 overflow-y-auto p-1">
        {groups.map(({ provider, tools }) => (
          <div key={`${provider.type}:${provider.id}`} role="group" aria-label={text(provider.label)}>
            <div className="px-2 pt-2 pb-1 text-12 text-muted">{text(provider.label)}</div>
            {tools.map((tool) => (
              <button
                key={tool.name}
                type="button"
                title={text(tool.description)}
                onClick={() => onChoose(provider, tool)}
                className="flex min-h-8 w-full items-center gap-2 rounded-control px-2 text-start hover:bg-sunken focus-visible:bg-sunken pointer-coarse:min-h-10"
              >
                <span className="min-w-0 shrink-0 truncate">{text(tool.label)}</span>
                <span className="min-w-0 truncate text-12 text-muted">{text(tool.description)}</span>
              </button>
            ))}
          </div>
        ))}
        {groups.length === 0 && <p className="px-3 py-6 text-center text-muted">{isError ? t("panels.tool.failed") : t("panels.tool.notFound")}</p>}
      </div>
    </>
  );
}

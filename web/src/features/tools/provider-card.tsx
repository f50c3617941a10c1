import { useTranslation } from "react-i18next";
import { useText } from "@/features/schema-form/i18n-text";
import { AppIcon } from "@/ui/app-icon";
import { Badge } from "@/ui/badge";
import type { LABELS, ToolProvider } from "./tools-query";

/** A provider among others; a click opens it. */
export function ProviderCard({ provider, onOpen }: { provider: ToolProvider; onOpen: () => void }) {
  const { t } = useTranslation();
  const text = useText();
  const title = text(provider.label) || provider.name;
  const about = text(provider.description) || provider.tools.map((tool) => text(tool.label)).join(", ");
  return (
    <button
      type="button"
      onClick={onOpen}
      className="flex size-full min-w-0 flex-col gap-2 rounded-card border border-line bg-surface p-4 text-start transition-colors hover:border-line-strong"
    >
      <span className="flex w-full min-w-0 items-center gap-3">
        <AppIcon name={title} icon={provider.icon?.content ?? null} background={provider.icon?.background ?? null} />
        <span className="min-w-0 flex-1">
          <span className="block truncate font-medium">{title}</span>
          <span className="block truncate text-12 text-muted">
            {[provider.author, t("tools.count", { count: provider.tools.length })].filter(Boolean).join(" · ")}
          </span>
        </span>
        <ProviderState provider={provider} />
      </span>
      <span className="line-clamp-2 text-muted">{about}</span>
      <ProviderLabels provider={provider} />
    </button>
  );
}

/** Whether its tools can be called, where that is not a matter of course. */
export function ProviderState({ provider }: { provider: ToolProvider }) {
  const { t } = useTranslation();
  if (provider.enabled === false) return <Badge>{t("tools.off")}</Badge>;
  if (provider.is_team_authorization) return provider.needs_credentials ? <Badge tone="ok">{t("tools.authorized")}</Badge> : null;
  return <Badge tone="warn">{t(provider.type === "mcp" ? "tools.signInNeeded" : "tools.keyNeeded")}</Badge>;
}

export function ProviderLabels({ provider }: { provider: ToolProvider }) {
  const { t } = useTranslation();
  if (provider.labels.length === 0) return null;
  return (
    <span className="mt-auto flex flex-wrap gap-1">
      {provider.labels.map((label) => (
        <Badge key={label}>{t(`tools.labels.${label as (typeof LABELS)[number]}`)}</Badge>
      ))}
    </span>
  );
}

import { useTranslation } from "react-i18next";
import { useText } from "@/features/schema-form/i18n-text";
import { AppIcon } from "@/ui/app-icon";
import { Drawer } from "@/ui/drawer";
import { ApiActions } from "./api/api-actions";
import { Credentials } from "./credentials";
import { McpActions } from "./mcp-actions";
import { ProviderLabels, ProviderState } from "./provider-card";
import { ToolList } from "./tool-list";
import type { ToolProvider } from "./tools-query";
import { WorkflowActions } from "./workflow-actions";

interface ProviderDrawerProps {
  provider: ToolProvider;
  administers: boolean;
  onClose: () => void;
}

/** A provider: what it is, what its tools need, and what can be done with it. */
export function ProviderDrawer({ provider, administers, onClose }: ProviderDrawerProps) {
  const { t } = useTranslation();
  const text = useText();
  const title = text(provider.label) || provider.name;
  const about = text(provider.description);
  const shared = { provider, administers, onGone: onClose };
  return (
    <Drawer open size="small" title={title} onOpenChange={(open) => !open && onClose()}>
      <div className="flex flex-col gap-5">
        <div className="flex min-w-0 items-center gap-3">
          <AppIcon name={title} icon={provider.icon?.content ?? null} background={provider.icon?.background ?? null} size="large" />
          <div className="flex min-w-0 flex-col items-start gap-1">
            {provider.author !== "" && <span className="text-muted">{t("tools.by", { author: provider.author })}</span>}
            <ProviderState provider={provider} />
          </div>
        </div>
        {about !== "" && <p className="break-words">{about}</p>}
        <ProviderLabels provider={provider} />
        {provider.type === "builtin" && <Credentials provider={provider} administers={administers} />}
        {provider.type === "api" && <ApiActions {...shared} />}
        {provider.type === "mcp" && <McpActions {...shared} />}
        {provider.type === "workflow" && <WorkflowActions {...shared} />}
        <ToolList provider={provider} />
      </div>
    </Drawer>
  );
}

import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Activity, ArrowUpRight, Compass, Copy, Download, LayoutTemplate, Pencil, Trash2, Workflow } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useErrorText } from "@/i18n/errors";
import { MenuItem, MenuSeparator } from "@/ui/menu";
import { showToast } from "@/ui/toast";
import type { MenuApp } from "./app-menu";
import type { Asked } from "./asked-dialog";
import { saveAppFile, secretsOf } from "./export-app";
import { offerApp } from "./offer-app";

export interface AppMenuItemsProps {
  app: MenuApp;
  editable: boolean;
  onAsked: (asked: Asked) => void;
}

const SIGN = { size: 16, strokeWidth: 1.5 };

/** What the menu of an app has. */
export default function AppMenuItems({ app, editable, onAsked }: AppMenuItemsProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const drawn = app.mode === "workflow" || app.mode === "advanced-chat";
  const exported = async () => {
    try {
      const secrets = drawn ? await secretsOf(app.id) : [];
      if (secrets.length > 0) onAsked({ secrets });
      else await saveAppFile(app, false);
    } catch (error) {
      showToast("danger", errorText(error));
    }
  };
  return (
    <>
      {app.published && (
        <MenuItem icon={<Compass {...SIGN} />} onSelect={() => void navigate({ to: "/explore/installed/$appId", params: { appId: app.id } })}>
          {t("apps.menu.explore")}
        </MenuItem>
      )}
      {app.page !== null && (
        <MenuItem icon={<ArrowUpRight {...SIGN} />} onSelect={() => window.open(app.page ?? "", "_blank", "noopener")}>
          {t("apps.menu.page")}
        </MenuItem>
      )}
      {editable && (
        <>
          <MenuItem icon={<Activity {...SIGN} />} onSelect={() => void navigate({ to: "/app/$appId/logs", params: { appId: app.id } })}>
            {t("runs.tab")}
          </MenuItem>
          <MenuSeparator />
          <MenuItem icon={<Pencil {...SIGN} />} onSelect={() => onAsked("edit")}>
            {t("apps.menu.edit")}
          </MenuItem>
          <MenuItem icon={<Copy {...SIGN} />} onSelect={() => onAsked("copy")}>
            {t("apps.menu.copy")}
          </MenuItem>
          <MenuItem icon={<Download {...SIGN} />} onSelect={() => void exported()}>
            {t("apps.menu.export")}
          </MenuItem>
          {(app.published || app.is_template) && (
            <MenuItem icon={<LayoutTemplate {...SIGN} />} onSelect={() => void offerApp(queries, app, t, errorText)}>
              {t(app.is_template ? "apps.menu.withdraw" : "apps.menu.offer")}
            </MenuItem>
          )}
          {(app.mode === "chat" || app.mode === "completion") && (
            <MenuItem icon={<Workflow {...SIGN} />} onSelect={() => onAsked("convert")}>
              {t("apps.menu.convert")}
            </MenuItem>
          )}
          <MenuSeparator />
          <MenuItem icon={<Trash2 {...SIGN} />} danger onSelect={() => onAsked("delete")}>
            {t("common.delete")}
          </MenuItem>
        </>
      )}
    </>
  );
}

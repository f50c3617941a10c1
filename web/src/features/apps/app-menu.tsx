import { Activity, ArrowUpRight, Compass, Copy, Download, MoreHorizontal, Pencil, Trash2, Workflow } from "lucide-react";
import { useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useState, type ReactElement } from "react";
import { useTranslation } from "react-i18next";
import type { AppMode } from "@/api/console";
import { useErrorText } from "@/i18n/errors";
import { IconButton } from "@/ui/button";
import { Menu, MenuItem, MenuSeparator } from "@/ui/menu";
import { showToast } from "@/ui/toast";
import type { Asked } from "./asked-dialog";

// What one asks for is loaded when one asks.
const AskedDialog = lazy(() => import("./asked-dialog"));

/** What the menu knows of an app, in a list or open. */
export interface MenuApp {
  id: string;
  name: string;
  description: string;
  mode: AppMode;
  icon_type: string;
  icon: string;
  icon_background: string | null;
  published: boolean;
  /** Of the published page, when it is open to visitors. */
  page: string | null;
}

interface AppMenuProps {
  app: MenuApp;
  editable: boolean;
  /** Opens it; three dots when left out. */
  trigger?: ReactElement;
  /** Where to go when the app is gone. */
  onDeleted?: () => unknown;
}

const SIGN = { size: 16, strokeWidth: 1.5 };

/** Everything that is done to an app as a whole. */
export function AppMenu({ app, editable, trigger, onDeleted }: AppMenuProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const navigate = useNavigate();
  const [asked, setAsked] = useState<Asked | null>(null);
  const drawn = app.mode === "workflow" || app.mode === "advanced-chat";
  const exported = async () => {
    try {
      const { saveAppFile, secretsOf } = await import("./export-app");
      const secrets = drawn ? await secretsOf(app.id) : [];
      if (secrets.length > 0) setAsked({ secrets });
      else await saveAppFile(app, false);
    } catch (error) {
      showToast("danger", errorText(error));
    }
  };
  if (!editable && !app.published) return null;
  return (
    <>
      <Menu
        trigger={
          trigger ?? (
            <IconButton label={t("apps.menu.of", { name: app.name })}>
              <MoreHorizontal {...SIGN} />
            </IconButton>
          )
        }
      >
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
            <MenuItem icon={<Pencil {...SIGN} />} onSelect={() => setAsked("edit")}>
              {t("apps.menu.edit")}
            </MenuItem>
            <MenuItem icon={<Copy {...SIGN} />} onSelect={() => setAsked("copy")}>
              {t("apps.menu.copy")}
            </MenuItem>
            <MenuItem icon={<Download {...SIGN} />} onSelect={() => void exported()}>
              {t("apps.menu.export")}
            </MenuItem>
            {(app.mode === "chat" || app.mode === "completion") && (
              <MenuItem icon={<Workflow {...SIGN} />} onSelect={() => setAsked("convert")}>
                {t("apps.menu.convert")}
              </MenuItem>
            )}
            <MenuSeparator />
            <MenuItem icon={<Trash2 {...SIGN} />} danger onSelect={() => setAsked("delete")}>
              {t("common.delete")}
            </MenuItem>
          </>
        )}
      </Menu>
      {asked !== null && (
        <Suspense>
          <AskedDialog asked={asked} app={app} onClose={() => setAsked(null)} onDeleted={onDeleted} />
        </Suspense>
      )}
    </>
  );
}

import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { ChevronsUpDown } from "lucide-react";
import { useTranslation } from "react-i18next";
import { appsQuery } from "@/features/apps/apps-query";
import { AppIcon } from "@/ui/app-icon";
import { IconButton } from "@/ui/button";
import { Menu, MenuItem, MenuSeparator } from "@/ui/menu";
import { useState } from "react";

const SHOWN = 12;

/** From one app to another: those changed last, and the way to all. */
export function AppSwitcher({ current }: { current: string }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [open, setOpen] = useState(false);
  const apps = useQuery({ ...appsQuery, enabled: open });
  const recent = (apps.data ?? []).toSorted((one, other) => other.updated_at - one.updated_at).slice(0, SHOWN);
  return (
    <Menu
      open={open}
      onOpenChange={setOpen}
      align="start"
      trigger={
        <IconButton label={t("shell.switchApp")}>
          <ChevronsUpDown size={14} strokeWidth={1.5} />
        </IconButton>
      }
    >
      {recent.map((app) => (
        <MenuItem
          key={app.id}
          checked={app.id === current}
          icon={<AppIcon name={app.name} icon={app.icon} background={app.icon_background} size="small" />}
          onSelect={() => void navigate({ to: "/app/$appId", params: { appId: app.id } })}
        >
          {app.name}
        </MenuItem>
      ))}
      {recent.length > 0 && <MenuSeparator />}
      <MenuItem onSelect={() => void navigate({ to: "/apps" })}>{t("shell.allApps")}</MenuItem>
    </Menu>
  );
}

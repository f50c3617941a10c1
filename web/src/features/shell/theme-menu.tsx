import { Monitor, Moon, Sun } from "lucide-react";
import { useTranslation } from "react-i18next";
import { IconButton } from "@/ui/button";
import { Menu, MenuItem } from "@/ui/menu";
import { setTheme, THEMES, useTheme } from "@/ui/theme";

const ICONS = { system: Monitor, light: Sun, dark: Moon };

/** Light, dark, or like the system. On phones the account menu has it. */
export function ThemeMenu() {
  const { t } = useTranslation();
  const theme = useTheme();
  const Current = ICONS[theme];
  return (
    <Menu
      trigger={
        <IconButton label={t("preferences.theme")} className="max-md:hidden">
          <Current size={16} strokeWidth={1.5} />
        </IconButton>
      }
    >
      {THEMES.map((name) => {
        const Icon = ICONS[name];
        return (
          <MenuItem key={name} icon={<Icon size={16} strokeWidth={1.5} />} checked={theme === name} onSelect={() => setTheme(name)}>
            {t(`preferences.themes.${name}`)}
          </MenuItem>
        );
      })}
    </Menu>
  );
}

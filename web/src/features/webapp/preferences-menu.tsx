import { Languages, Monitor, Moon, Settings2, Sun } from "lucide-react";
import { useTranslation } from "react-i18next";
import { chooseLanguage, LANGUAGES } from "@/i18n/i18n";
import { IconButton } from "@/ui/button";
import { Menu, MenuItem, MenuLabel, MenuSeparator } from "@/ui/menu";
import { setTheme, THEMES, useTheme, type Theme } from "@/ui/theme";

const ICONS: Record<Theme, typeof Sun> = { system: Monitor, light: Sun, dark: Moon };

/** Theme and language, kept in this browser. */
export function PreferencesMenu() {
  const { t } = useTranslation();
  return (
    <Menu
      trigger={
        <IconButton label={t("preferences.title")}>
          <Settings2 size={16} strokeWidth={1.5} />
        </IconButton>
      }
    >
      <PreferenceItems />
    </Menu>
  );
}

/** The items, for menus that hold more. */
export function PreferenceItems() {
  const { t, i18n } = useTranslation();
  const theme = useTheme();
  return (
    <>
      <MenuLabel>{t("preferences.theme")}</MenuLabel>
      {THEMES.map((name) => {
        const Icon = ICONS[name];
        return (
          <MenuItem
            key={name}
            icon={<Icon size={16} strokeWidth={1.5} />}
            checked={theme === name}
            onSelect={() => setTheme(name)}
          >
            {t(`preferences.themes.${name}`)}
          </MenuItem>
        );
      })}
      <MenuSeparator />
      <MenuLabel>{t("preferences.language")}</MenuLabel>
      {Object.entries(LANGUAGES).map(([code, name]) => (
        <MenuItem
          key={code}
          icon={<Languages size={16} strokeWidth={1.5} />}
          checked={i18n.language === code}
          onSelect={() => void chooseLanguage(code)}
        >
          <span lang={code}>{name}</span>
        </MenuItem>
      ))}
    </>
  );
}

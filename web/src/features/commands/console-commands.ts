import { useRouter } from "@tanstack/react-router";
import { Keyboard, Languages, Monitor, Moon, Search, Sun } from "lucide-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useAccount } from "@/features/account/account-context";
import { railEntries } from "@/features/shell/registry";
import { chooseLanguage, LANGUAGES } from "@/i18n/i18n";
import { setTheme, THEMES } from "@/ui/theme";
import { openPalette, openShortcuts } from "./palette-state";
import { useCommands, type Command } from "./registry";

const THEME_ICONS = { system: Monitor, light: Sun, dark: Moon };

/** The commands that every page of the console has. */
export function useConsoleCommands(): void {
  const { t } = useTranslation();
  const { role } = useAccount();
  const { history } = useRouter();
  const commands = useMemo((): Command[] => {
    const going = t("commands.groups.go");
    const general = t("commands.groups.general");
    return [
      { id: "commands.open", label: t("commands.open"), icon: Search, shortcut: "mod+k", group: general, everywhere: true, onlyKeys: true, perform: openPalette },
      { id: "commands.shortcuts", label: t("commands.shortcuts"), icon: Keyboard, shortcut: "?", group: general, perform: openShortcuts },
      ...railEntries(role).map((entry) => ({
        id: `go.${entry.id}`,
        label: entry.label(t),
        icon: entry.icon,
        group: going,
        perform: () => history.push(entry.to),
      })),
      ...THEMES.map((theme) => ({
        id: `theme.${theme}`,
        label: t("commands.theme", { name: t(`preferences.themes.${theme}`) }),
        icon: THEME_ICONS[theme],
        group: general,
        perform: () => setTheme(theme),
      })),
      ...Object.entries(LANGUAGES).map(([code, name]) => ({
        id: `language.${code}`,
        label: t("commands.language", { name }),
        icon: Languages,
        group: general,
        perform: () => void chooseLanguage(code),
      })),
    ];
  }, [t, role, history]);
  useCommands(commands);
}

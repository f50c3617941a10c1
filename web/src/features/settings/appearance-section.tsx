import { Monitor, Moon, Sun } from "lucide-react";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import { chooseLanguage, LANGUAGES, languageFor } from "@/i18n/i18n";
import { Field } from "@/ui/field";
import { RadioCards } from "@/ui/radio-cards";
import { Select } from "@/ui/select";
import { setTheme, useTheme } from "@/ui/theme";

const LANGUAGE_OPTIONS = Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }));

/** What this browser remembers about how Treadle looks. */
export default function AppearanceSection() {
  const { t, i18n } = useTranslation();
  const theme = useTheme();
  const language = useId();
  return (
    <div className="flex flex-col gap-8">
      <div className="flex flex-col gap-2">
        <h3 className="font-medium">{t("preferences.theme")}</h3>
        <RadioCards
          label={t("preferences.theme")}
          columns={3}
          value={theme}
          onChange={setTheme}
          options={[
            { value: "system", title: t("preferences.themes.system"), icon: <Monitor size={16} strokeWidth={1.5} /> },
            { value: "light", title: t("preferences.themes.light"), icon: <Sun size={16} strokeWidth={1.5} /> },
            { value: "dark", title: t("preferences.themes.dark"), icon: <Moon size={16} strokeWidth={1.5} /> },
          ]}
        />
      </div>
      <Field id={language} label={t("preferences.language")} hint={t("preferences.languageHint")}>
        <Select
          id={language}
          className="max-w-80"
          value={languageFor(i18n.language) ?? "en"}
          onChange={(tag) => void chooseLanguage(tag)}
          options={LANGUAGE_OPTIONS}
        />
      </Field>
    </div>
  );
}

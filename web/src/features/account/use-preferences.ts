import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useErrorText } from "@/i18n/errors";
import { languageFor, offerLanguage } from "@/i18n/i18n";
import { isThemeChosen, setTheme, useTheme } from "@/ui/theme";
import { showTimesIn } from "@/ui/time-zone";
import { showToast } from "@/ui/toast";
import { accountTag } from "./languages";
import { profileQuery, useProfileWrites } from "./profile-query";

/** Takes language, theme and time zone from the account where this browser has no choice of its own, and keeps in the account what is chosen here. */
export function usePreferences(): void {
  const { i18n } = useTranslation();
  const errorText = useErrorText();
  const theme = useTheme();
  const language = languageFor(i18n.language) ?? "en";
  const { data: profile } = useQuery(profileQuery);
  const { change } = useProfileWrites();

  const id = profile?.id;
  useEffect(() => {
    if (profile === undefined) return;
    void offerLanguage(profile.interface_language);
    if (!isThemeChosen()) setTheme(profile.interface_theme);
    // Only when the account is first known: afterwards the choices made here lead.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [id]);

  const zone = profile?.timezone;
  useEffect(() => {
    showTimesIn(zone);
    return () => showTimesIn(undefined);
  }, [zone]);

  const seen = useRef({ theme, language });
  useEffect(() => {
    const before = seen.current;
    seen.current = { theme, language };
    if (profile === undefined) return;
    const tag = accountTag(language);
    const body = {
      ...(before.theme !== theme && profile.interface_theme !== theme ? { interface_theme: theme } : {}),
      ...(before.language !== language && profile.interface_language !== tag ? { interface_language: tag } : {}),
    };
    if (Object.keys(body).length > 0) change(body).catch((error: unknown) => showToast("danger", errorText(error)));
  }, [theme, language, profile, change, errorText]);
}

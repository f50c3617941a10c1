import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import type { JsonObject } from "@/api/json";
import { Field } from "@/ui/field";
import { Select } from "@/ui/select";
import { Switch } from "@/ui/switch";
import { section, textIn, withSection, type FeatureProps } from "./configuration";

const FEATURE = "text_to_speech";
const LANGUAGES = ["en-US", "zh-Hans", "ja-JP", "de-DE", "fr-FR", "es-ES", "pt-BR", "ko-KR", "it-IT", "ru-RU"] as const;

/** With which voice answers are read out, and whether that begins by itself. */
export function SpeechFields({ configuration, change, disabled }: FeatureProps) {
  const { t, i18n } = useTranslation();
  const appId = useParams({ strict: false, select: (params) => (params as { appId?: string }).appId ?? "" });
  const settings = section(configuration, FEATURE);
  const language = textIn(settings, "language");
  const { data: voices, isError } = useQuery({
    queryKey: ["voices", appId, language],
    queryFn: ({ signal }) => call(api.GET("/apps/{app_id}/text-to-audio/voices", { params: { path: { app_id: appId }, query: language === "" ? {} : { language } }, signal })),
    retry: false,
  });
  const set = (part: JsonObject) => change((before) => withSection(before, FEATURE, part));
  const names = new Intl.DisplayNames(i18n.language, { type: "language" });
  return (
    <div className="flex flex-col gap-3 rounded-control bg-sunken/60 p-3">
      <div className="grid gap-3 sm:grid-cols-2">
        <Field id="speech-language" label={t("orchestration.language")}>
          <Select
            id="speech-language"
            value={language}
            disabled={disabled}
            placeholder={t("orchestration.anyLanguage")}
            onChange={(next) => set({ language: next, voice: "" })}
            options={LANGUAGES.map((value) => ({ value, label: names.of(value) ?? value }))}
          />
        </Field>
        <Field id="speech-voice" label={t("orchestration.voice")} {...(isError ? { error: t("orchestration.noVoices") } : {})}>
          <Select
            id="speech-voice"
            value={textIn(settings, "voice")}
            disabled={disabled || isError}
            placeholder={t("orchestration.ownVoice")}
            onChange={(voice) => set({ voice })}
            options={(voices ?? []).map(({ value, name }) => ({ value, label: name }))}
          />
        </Field>
      </div>
      <Switch
        label={t("orchestration.autoPlay")}
        checked={settings.autoPlay === "enabled"}
        disabled={disabled}
        onChange={(on) => set({ autoPlay: on ? "enabled" : "disabled" })}
      />
    </div>
  );
}

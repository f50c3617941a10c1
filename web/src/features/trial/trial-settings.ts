import { isJsonObject, type JsonObject, type JsonValue } from "@/api/json";

/** What a draft says of the answers to it. */
export interface TrialSettings {
  appId: string;
  /** Questions are suggested after each answer. */
  followUps: boolean;
  /** How answers are read out; null when they are not. */
  speech: { voice: string; auto: boolean } | null;
  /** Questions may be spoken. */
  dictation: boolean;
  /** The app answers with annotations: text generators do not. */
  annotatable: boolean;
}

/** The settings among the features, or the configuration, of an app. */
export function trialSettings(appId: string, features: JsonObject, { chat }: { chat: boolean }): TrialSettings {
  const speech = features.text_to_speech;
  return {
    appId,
    followUps: chat && on(features.suggested_questions_after_answer),
    speech: on(speech) && isJsonObject(speech) ? { voice: typeof speech.voice === "string" ? speech.voice : "", auto: speech.autoPlay === "enabled" } : null,
    dictation: chat && on(features.speech_to_text),
    annotatable: chat,
  };
}

function on(feature: JsonValue | undefined): boolean {
  return isJsonObject(feature) && feature.enabled === true;
}

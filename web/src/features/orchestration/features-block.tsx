import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { pickerQuery, type ModelKind } from "@/features/model-picker/models";
import { Switch } from "@/ui/switch";
import { Block } from "./block";
import { isOn, switched, type BasicMode, type BlockProps, type FeatureProps } from "./configuration";
import { ModerationFields } from "./moderation-fields";
import { OpeningFields } from "./opening-fields";
import { SpeechFields } from "./speech-fields";
import { useVocabulary } from "./use-vocabulary";

/** What surrounds the answers, each with its switch; a feature that lacks something says what. */
export function FeaturesBlock(props: BlockProps) {
  const { t } = useTranslation();
  const { mode } = props;
  const vocabulary = useVocabulary(props, NO_BLOCKS);
  return (
    <>
      {mode !== "completion" && (
        <Block title={t("orchestration.opening")} hint={t("orchestration.openingHint")}>
          <OpeningFields {...props} vocabulary={vocabulary} />
        </Block>
      )}
      <FeatureSwitches {...props} names={SWITCHES[mode]} />
    </>
  );
}

/** Features that are on or off, with what can be set about those that are on. */
export function FeatureSwitches({ names, ...props }: FeatureProps & { names: readonly FeatureName[] }) {
  const { t } = useTranslation();
  return (
    <Block title={t("orchestration.features")}>
      <div className="flex flex-col divide-y divide-line">
        {names.map((name) => (
          <Feature key={name} name={name} {...props} />
        ))}
      </div>
    </Block>
  );
}

const NO_BLOCKS = [] as const;

export type FeatureName = "suggested_questions_after_answer" | "retriever_resource" | "speech_to_text" | "text_to_speech" | "more_like_this" | "sensitive_word_avoidance";

export const OF_CHATS: readonly FeatureName[] = ["suggested_questions_after_answer", "retriever_resource", "speech_to_text", "text_to_speech", "sensitive_word_avoidance"];
const SWITCHES: Readonly<Record<BasicMode, readonly FeatureName[]>> = {
  chat: OF_CHATS,
  "agent-chat": OF_CHATS,
  completion: ["more_like_this", "text_to_speech", "sensitive_word_avoidance"],
};
/** Features that ask a model of their own. */
const NEEDS: Partial<Record<FeatureName, ModelKind>> = { speech_to_text: "speech2text", text_to_speech: "tts" };

function Feature({ name, ...props }: FeatureProps & { name: FeatureName }) {
  const { configuration, change, disabled } = props;
  const { t } = useTranslation();
  const lacks = useLack(NEEDS[name]);
  const on = isOn(configuration, name);
  return (
    <div className="flex flex-col gap-3 py-2.5 first:pt-0 last:pb-0">
      <Switch
        label={t(`orchestration.feature.${name}`)}
        hint={
          lacks ? (
            <>
              {t("orchestration.lacksModel")}{" "}
              <a href="/settings/models" className="text-accent underline">
                {t("orchestration.setUpModel")}
              </a>
            </>
          ) : (
            t(`orchestration.featureHint.${name}`)
          )
        }
        checked={on}
        disabled={disabled || (lacks && !on)}
        onChange={(enabled) => change((before) => switched(before, name, enabled))}
      />
      {on && settingsOf(name, props)}
    </div>
  );
}

function settingsOf(name: FeatureName, props: FeatureProps): ReactNode {
  if (name === "sensitive_word_avoidance") return <ModerationFields {...props} />;
  return name === "text_to_speech" ? <SpeechFields {...props} /> : null;
}

/** Whether the workspace has no model of a kind that is needed. */
function useLack(kind: ModelKind | undefined): boolean {
  const { data } = useQuery({ ...pickerQuery(kind ?? "tts"), enabled: kind !== undefined });
  return kind !== undefined && data !== undefined && !data.data.some((owner) => owner.models.some((model) => model.status === "active"));
}

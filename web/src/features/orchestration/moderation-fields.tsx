import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import type { JsonObject } from "@/api/json";
import { ExtensionPicker } from "@/features/extensions/extension-picker";
import { pickerQuery } from "@/features/model-picker/models";
import { useText } from "@/features/schema-form/i18n-text";
import { Field, fieldProps, TextArea } from "@/ui/field";
import { Select } from "@/ui/select";
import { Switch } from "@/ui/switch";
import { isOn, section, textIn, withSection, type FeatureProps } from "./configuration";

const FEATURE = "sensitive_word_avoidance";
const BUILT_IN = ["keywords", "openai_moderation", "api"] as const;
const SIDES = ["inputs_config", "outputs_config"] as const;
const MOST_KEYWORDS = 100;
const LONGEST_PRESET = 100;

interface CodeExtension {
  name: string;
  label: JsonObject;
}

/** Who looks at what people write and at answers, and what is said in their place. */
export function ModerationFields({ configuration, change, disabled }: FeatureProps) {
  const { t } = useTranslation();
  const text = useText();
  const settings = section(configuration, FEATURE);
  const config = section(settings, "config");
  const type = textIn(settings, "type");
  const { data: coded } = useQuery({
    queryKey: ["code-extensions", "moderation"],
    queryFn: async ({ signal }) => {
      const answer = await call(api.GET("/code-based-extension", { params: { query: { module: "moderation" } }, signal }));
      return answer.data as CodeExtension[];
    },
  });
  const set = (part: JsonObject) => change((before) => withSection(before, FEATURE, { config: { ...section(section(before, FEATURE), "config"), ...part } }));
  const known = BUILT_IN.find((each) => each === type);
  const noSide = !SIDES.some((side) => isOn(config, side));
  return (
    <div className="flex flex-col gap-3 rounded-control bg-sunken/60 p-3">
      <Field id="moderation-type" label={t("orchestration.moderator")} {...(type === "" ? { error: t("orchestration.chooseModerator") } : {})}>
        <Select
          id="moderation-type"
          value={type === "" ? null : type}
          placeholder={t("common.choose")}
          disabled={disabled}
          onChange={(next) => change((before) => withSection(before, FEATURE, { type: next }))}
          options={[
            ...BUILT_IN.map((value) => ({ value: value, label: t(`orchestration.moderators.${value}`) })),
            ...(coded ?? []).map((extension) => ({ value: extension.name, label: text(extension.label) || extension.name })),
          ]}
        />
      </Field>
      {known === "keywords" && <Keywords value={textIn(config, "keywords")} onChange={(keywords) => set({ keywords })} />}
      {known === "openai_moderation" && <OpenaiState />}
      {known === "api" && (
        <ExtensionPicker label={t("orchestration.extension")} value={textIn(config, "api_based_extension_id")} disabled={disabled} onChange={(id) => set({ api_based_extension_id: id })} />
      )}
      {SIDES.map((side) => {
        const part = section(config, side);
        const on = part.enabled === true;
        const preset = textIn(part, "preset_response");
        return (
          <div key={side} className="flex flex-col gap-2">
            <Switch label={t(`orchestration.sides.${side}`)} checked={on} disabled={disabled} onChange={(enabled) => set({ [side]: { preset_response: "", ...part, enabled } })} />
            {on && known !== "api" && (
              <Field
                id={side}
                label={t("orchestration.preset")}
                aside={<Count count={preset.length} most={LONGEST_PRESET} />}
                {...(preset === "" ? { error: t("orchestration.presetMissing") } : {})}
              >
                <TextArea
                  {...fieldProps(side, preset === "" ? t("orchestration.presetMissing") : undefined)}
                  className="min-h-14!"
                  maxLength={LONGEST_PRESET}
                  value={preset}
                  onChange={(event) => set({ [side]: { ...part, preset_response: event.target.value } })}
                />
              </Field>
            )}
          </div>
        );
      })}
      {noSide && <p className="text-12 text-danger">{t("orchestration.noSide")}</p>}
    </div>
  );
}

function Keywords({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const { t } = useTranslation();
  const lines = value === "" ? [] : value.split("\n");
  const tooMany = lines.length > MOST_KEYWORDS;
  const error = tooMany ? t("orchestration.tooManyKeywords", { count: MOST_KEYWORDS }) : value.trim() === "" ? t("orchestration.noKeywords") : undefined;
  return (
    <Field id="keywords" label={t("orchestration.keywords")} hint={t("orchestration.keywordsHint")} aside={<Count count={lines.length} most={MOST_KEYWORDS} />} {...(error === undefined ? {} : { error })}>
      <TextArea
        {...fieldProps("keywords", error)}
        value={value}
        onChange={(event) => onChange(event.target.value.split("\n").map((line) => line.slice(0, LONGEST_PRESET)).join("\n"))}
      />
    </Field>
  );
}

function Count({ count, most }: { count: number; most: number }) {
  return (
    <span className="tabular text-12 text-muted">
      {count}/{most}
    </span>
  );
}

/** The check is made with the key of the provider OpenAI. */
function OpenaiState() {
  const { t } = useTranslation();
  const { data } = useQuery(pickerQuery("moderation"));
  const ready = data === undefined || data.data.some((owner) => owner.provider.endsWith("openai") && owner.models.some((model) => model.status === "active"));
  if (ready) return null;
  return (
    <p className="text-warn">
      {t("orchestration.openaiMissing")}{" "}
      <a href="/settings/models" className="text-accent underline">
        {t("orchestration.setUpModel")}
      </a>
    </p>
  );
}

import { useId, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { LookFields } from "@/features/apps/look-fields";
import { Checkbox } from "@/ui/checkbox";
import { Field, fieldProps, TextArea, TextInput } from "@/ui/field";
import { Segmented } from "@/ui/segmented";
import { Select } from "@/ui/select";
import { TagInput } from "@/ui/tag-input";
import { hasSteps, isColour, isOrigin, talks, type siteProblems, type SiteSettings } from "./site";

interface SiteFieldsProps {
  app: Schemas["AppDetail"];
  value: SiteSettings;
  onChange: (value: SiteSettings) => void;
  problems: ReturnType<typeof siteProblems>;
}

const SITE_LANGUAGES = [
  { value: "en-US", label: "English" },
  { value: "zh-Hans", label: "简体中文" },
  { value: "ja-JP", label: "日本語" },
];
const FIRST_COLOUR = "#155eef";

/** The settings of a published page, as far as its kind of app has them. */
export function SiteFields({ app, value, onChange, problems }: SiteFieldsProps) {
  const { t } = useTranslation();
  const id = useId();
  const set = (change: Partial<SiteSettings>) => onChange({ ...value, ...change });
  const problem = (name: keyof SiteSettings) => {
    const found = problems[name];
    return found === undefined ? undefined : t(`publishing.site.${found}`);
  };
  return (
    <>
      <LookFields
        value={{
          name: value.title,
          description: value.description,
          icon_type: value.icon_type === "image" ? "image" : "emoji",
          icon: value.icon,
          icon_background: value.icon_background ?? "",
        }}
        onChange={({ name, ...looks }) => set({ title: name, ...looks })}
        pictureUrl={`/console/api/apps/${app.id}/site/icon`}
        nameError={problem("title")}
      />
      <Field id={`${id}-language`} label={t("publishing.site.language")} hint={t("publishing.site.languageHint")}>
        <Select id={`${id}-language`} className="max-w-60" value={value.default_language} onChange={(language) => set({ default_language: language })} options={SITE_LANGUAGES} />
      </Field>
      {hasSteps(app.mode) && (
        <Checkbox checked={value.show_workflow_steps} onChange={(shown) => set({ show_workflow_steps: shown })} label={<Hinted label={t("publishing.site.steps")} hint={t("publishing.site.stepsHint")} />} />
      )}
      {talks(app.mode) && (
        <Part title={t("publishing.site.chat")}>
          <Field id={`${id}-colour`} label={t("publishing.site.colour")} optional hint={t("publishing.site.colourHint")} error={problem("chat_color_theme")}>
            <span className="flex items-center gap-2">
              <input
                type="color"
                aria-label={t("publishing.site.pickColour")}
                className="h-8 w-10 shrink-0 cursor-pointer rounded-control border border-line bg-raised p-0.5 pointer-coarse:h-10"
                value={isColour(value.chat_color_theme ?? "") ? (value.chat_color_theme ?? "") : FIRST_COLOUR}
                onChange={(event) => set({ chat_color_theme: event.target.value })}
              />
              <TextInput
                {...fieldProps(`${id}-colour`, problem("chat_color_theme"))}
                className="max-w-32 font-mono"
                maxLength={7}
                placeholder="#155EEF"
                value={value.chat_color_theme ?? ""}
                onChange={(event) => set({ chat_color_theme: event.target.value })}
              />
            </span>
          </Field>
          <Checkbox checked={value.chat_color_theme_inverted} onChange={(inverted) => set({ chat_color_theme_inverted: inverted })} label={t("publishing.site.inverted")} />
          <Checkbox checked={value.use_icon_as_answer_icon} onChange={(used) => set({ use_icon_as_answer_icon: used })} label={t("publishing.site.answerIcon")} />
          <Field id={`${id}-placeholder`} label={t("publishing.site.placeholder")} optional>
            <TextInput
              id={`${id}-placeholder`}
              maxLength={64}
              placeholder={t("chat.placeholder", { name: value.title })}
              value={value.input_placeholder}
              onChange={(event) => set({ input_placeholder: event.target.value })}
            />
          </Field>
        </Part>
      )}
      <Part title={t("publishing.site.notices")}>
        <Field id={`${id}-copyright`} label={t("publishing.site.copyright")} optional>
          <TextInput id={`${id}-copyright`} maxLength={255} value={value.copyright} onChange={(event) => set({ copyright: event.target.value })} />
        </Field>
        <Field id={`${id}-privacy`} label={t("publishing.site.privacy")} optional error={problem("privacy_policy")}>
          <TextInput
            {...fieldProps(`${id}-privacy`, problem("privacy_policy"))}
            inputMode="url"
            maxLength={2048}
            placeholder="https://"
            value={value.privacy_policy}
            onChange={(event) => set({ privacy_policy: event.target.value })}
          />
        </Field>
        <Field id={`${id}-disclaimer`} label={t("publishing.site.disclaimer")} optional hint={t("publishing.site.disclaimerHint")}>
          <TextArea id={`${id}-disclaimer`} maxLength={2000} value={value.custom_disclaimer} onChange={(event) => set({ custom_disclaimer: event.target.value })} />
        </Field>
      </Part>
      <Part title={t("publishing.site.framing")}>
        <Origins origins={value.embed_origins} onChange={(origins) => set({ embed_origins: origins })} error={problem("embed_origins")} />
      </Part>
    </>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title} className="flex flex-col gap-4 border-t border-line pt-4">
      <h3 className="font-semibold">{title}</h3>
      {children}
    </section>
  );
}

function Hinted({ label, hint }: { label: string; hint: string }) {
  return (
    <>
      <span className="font-medium">{label}</span>
      <span className="block text-12 text-muted">{hint}</span>
    </>
  );
}

type Who = "any" | "some" | "none";

function whoOf(origins: readonly string[]): Who {
  if (origins.includes("*")) return "any";
  return origins.length === 0 ? "none" : "some";
}

interface OriginsProps {
  origins: readonly string[];
  onChange: (origins: string[]) => void;
  error: string | undefined;
}

/** Which web sites may show the page in a frame. */
function Origins({ origins, onChange, error }: OriginsProps) {
  const { t } = useTranslation();
  const id = useId();
  const [listed, setListed] = useState(whoOf(origins) === "some");
  const who = listed ? "some" : whoOf(origins);
  const choose = (next: Who) => {
    setListed(next === "some");
    onChange(next === "any" ? ["*"] : []);
  };
  return (
    <div className="flex flex-col gap-3">
      <Segmented
        label={t("publishing.site.framing")}
        value={who}
        onChange={choose}
        options={(["any", "some", "none"] as const).map((value) => ({ value, label: t(`publishing.site.who.${value}`) }))}
      />
      {who === "some" && (
        <Field id={`${id}-origins`} label={t("publishing.site.origins")} hint={t("publishing.site.originsHint")} error={error}>
          <TagInput id={`${id}-origins`} label={t("publishing.site.origins")} value={origins} onChange={onChange} max={50} placeholder="https://www.example.com" isValid={isOrigin} />
        </Field>
      )}
    </div>
  );
}

import { Plus, Trash2 } from "lucide-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { JsonObject } from "@/api/json";
import { PromptEditor } from "@/features/editors/prompt-editor";
import { SortableList } from "@/features/editors/sortable-list";
import type { Block as PromptPart } from "@/features/editors/vocabulary";
import { Button, IconButton } from "@/ui/button";
import { Field, TextInput } from "@/ui/field";
import { Select } from "@/ui/select";
import { mapsIn, section, textIn, withSection, type BlockProps } from "./configuration";
import { useVocabulary } from "./use-vocabulary";

const ROLES = ["system", "user", "assistant"] as const;
const MOST_MESSAGES = 10;

/** A prompt of several messages, or one text with every part of it written out, as older apps have them. */
export function ExpertPrompt(props: BlockProps) {
  return textIn(section(props.configuration, "model"), "mode") === "completion" ? <WholeText {...props} /> : <Messages {...props} />;
}

function Messages(props: BlockProps) {
  const { configuration, change, disabled } = props;
  const { t } = useTranslation();
  const vocabulary = useVocabulary(props, CONTEXT);
  const messages = mapsIn(section(configuration, "chat_prompt_config"), "prompt");
  const set = (next: readonly JsonObject[]) => change((before) => withSection(before, "chat_prompt_config", { prompt: [...next] }));
  return (
    <>
      <SortableList
        items={messages}
        disabled={disabled}
        nameOf={(_, at) => t("orchestration.message", { number: at + 1 })}
        onChange={set}
        render={(message, at, handle) => (
          <PromptEditor
            label={t("orchestration.message", { number: at + 1 })}
            value={textIn(message, "text")}
            vocabulary={vocabulary}
            disabled={disabled}
            onChange={(text) => set(messages.with(at, { ...message, text }))}
            head={
              <span className="flex items-center">
                {handle}
                <Select
                  label={t("orchestration.role", { number: at + 1 })}
                  className="max-w-32 border-0!"
                  value={ROLES.find((role) => role === message.role) ?? "user"}
                  disabled={disabled}
                  onChange={(role) => set(messages.with(at, { ...message, role }))}
                  options={ROLES.map((role) => ({ value: role, label: t(`orchestration.roles.${role}`) }))}
                />
              </span>
            }
            tools={
              !disabled && (
                <IconButton label={t("orchestration.removeMessage", { number: at + 1 })} onClick={() => set(messages.filter((_, index) => index !== at))}>
                  <Trash2 size={14} strokeWidth={1.5} />
                </IconButton>
              )
            }
          />
        )}
      />
      {!disabled && messages.length < MOST_MESSAGES && (
        <Button
          size="small"
          variant="quiet"
          className="self-start"
          icon={<Plus size={14} strokeWidth={1.5} />}
          onClick={() => set([...messages, { role: messages.at(-1)?.role === "user" ? "assistant" : "user", text: "" }])}
        >
          {t("orchestration.addMessage")}
        </Button>
      )}
    </>
  );
}

const CONTEXT: readonly PromptPart[] = ["context"];
const ALL: readonly PromptPart[] = ["context", "query", "histories"];
const OF_TEXTS: readonly PromptPart[] = ["context", "query"];

function WholeText(props: BlockProps) {
  const { configuration, change, mode, disabled } = props;
  const { t } = useTranslation();
  const blocks = useMemo(() => (mode === "completion" ? OF_TEXTS : ALL), [mode]);
  const vocabulary = useVocabulary(props, blocks);
  const settings = section(configuration, "completion_prompt_config");
  const roles = section(settings, "conversation_histories_role");
  const set = (part: JsonObject) => change((before) => withSection(before, "completion_prompt_config", part));
  return (
    <>
      <PromptEditor
        label={t("orchestration.wholePrompt")}
        value={textIn(section(settings, "prompt"), "text")}
        vocabulary={vocabulary}
        disabled={disabled}
        minHeight={160}
        onChange={(text) => set({ prompt: { text } })}
      />
      {mode !== "completion" && (
        <div className="grid gap-2 sm:grid-cols-2">
          {(["user_prefix", "assistant_prefix"] as const).map((key) => (
            <Field key={key} id={key} label={t(`orchestration.${key}`)}>
              <TextInput
                id={key}
                value={textIn(roles, key)}
                placeholder={key === "user_prefix" ? "Human" : "Assistant"}
                onChange={(event) => set({ conversation_histories_role: { ...roles, [key]: event.target.value } })}
              />
            </Field>
          ))}
        </div>
      )}
    </>
  );
}

import { Plus, Trash2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { PromptEditor } from "@/features/editors/prompt-editor";
import { SortableList } from "@/features/editors/sortable-list";
import type { Vocabulary } from "@/features/editors/vocabulary";
import { Button, IconButton } from "@/ui/button";
import { TextInput } from "@/ui/field";
import { textIn, textsIn, type FeatureProps } from "./configuration";

const MOST_QUESTIONS = 10;

/** What a conversation begins with, and questions to choose from. */
export function OpeningFields({ configuration, change, disabled, vocabulary }: FeatureProps & { vocabulary: Vocabulary }) {
  const { t } = useTranslation();
  const questions = textsIn(configuration, "suggested_questions");
  const set = (next: readonly string[]) => change((before) => ({ ...before, suggested_questions: [...next] }));
  return (
    <>
      <PromptEditor
        label={t("orchestration.openingText")}
        value={textIn(configuration, "opening_statement")}
        vocabulary={vocabulary}
        disabled={disabled}
        minHeight={64}
        onChange={(text) => change((before) => ({ ...before, opening_statement: text }))}
      />
      <SortableList
        items={questions}
        disabled={disabled}
        nameOf={(question, at) => question || t("orchestration.question", { number: at + 1 })}
        onChange={set}
        render={(question, at, handle) => (
          <div className="flex items-center gap-1">
            {handle}
            <TextInput aria-label={t("orchestration.question", { number: at + 1 })} value={question} onChange={(event) => set(questions.with(at, event.target.value))} />
            {!disabled && (
              <IconButton label={t("orchestration.removeQuestion", { number: at + 1 })} onClick={() => set(questions.filter((_, index) => index !== at))}>
                <Trash2 size={16} strokeWidth={1.5} />
              </IconButton>
            )}
          </div>
        )}
      />
      {!disabled && questions.length < MOST_QUESTIONS && (
        <Button size="small" variant="quiet" className="self-start" icon={<Plus size={14} strokeWidth={1.5} />} onClick={() => set([...questions, ""])}>
          {t("orchestration.addQuestion")}
        </Button>
      )}
    </>
  );
}

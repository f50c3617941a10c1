import { Sparkles } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { PromptEditor } from "@/features/editors/prompt-editor";
import type { Block as PromptPart } from "@/features/editors/vocabulary";
import { Button } from "@/ui/button";
import { Block } from "./block";
import { textIn, type BlockProps } from "./configuration";
import { ExpertPrompt } from "./expert-prompt";
import { useVocabulary } from "./use-vocabulary";
import { newVariable, unknownNames, withVariable } from "./variables";

const GenerateDialog = lazy(() => import("./generate-dialog"));

const NO_BLOCKS: readonly PromptPart[] = [];

/** The instructions, and the names in them that nobody asks for yet. */
export function PromptBlock(props: BlockProps) {
  const { configuration, change, mode, disabled } = props;
  const { t } = useTranslation();
  const [generating, setGenerating] = useState(false);
  const vocabulary = useVocabulary(props, NO_BLOCKS);
  const title = t(mode === "completion" ? "orchestration.prefix" : "orchestration.instructions");
  const expert = configuration.prompt_type === "advanced";
  return (
    <Block
      title={title}
      hint={t("orchestration.promptHint")}
      aside={
        !disabled &&
        !expert && (
          <Button size="small" variant="quiet" icon={<Sparkles size={14} strokeWidth={1.5} />} onClick={() => setGenerating(true)}>
            {t("orchestration.generate.open")}
          </Button>
        )
      }
    >
      {expert ? (
        <ExpertPrompt {...props} />
      ) : (
        <PromptEditor
          label={title}
          value={textIn(configuration, "pre_prompt")}
          vocabulary={vocabulary}
          disabled={disabled}
          minHeight={160}
          onChange={(text) => change((before) => ({ ...before, pre_prompt: text }))}
        />
      )}
      <UnknownNames {...props} />
      {generating && (
        <Suspense>
          <GenerateDialog configuration={configuration} change={change} mode={mode} onClose={() => setGenerating(false)} />
        </Suspense>
      )}
    </Block>
  );
}

/** Names that stand in a text and that nobody asks for. */
function UnknownNames({ configuration, change, disabled }: BlockProps) {
  const { t } = useTranslation();
  const unknown = unknownNames(configuration);
  if (unknown.length === 0 || disabled) return null;
  return (
    <p className="flex flex-wrap items-center gap-2 rounded-control bg-warn-soft px-2 py-1.5 text-warn">
      {t("orchestration.unknown", { names: unknown.join(", ") })}
      <Button size="small" onClick={() => change((before) => unknownNames(before).map(newVariable).reduce(withVariable, before))}>
        {t("orchestration.addThem")}
      </Button>
    </p>
  );
}

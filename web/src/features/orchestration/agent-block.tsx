import { useTranslation } from "react-i18next";
import type { JsonObject } from "@/api/json";
import { useModel } from "@/features/model-picker/models";
import { Field, fieldProps, TextArea } from "@/ui/field";
import { Slider } from "@/ui/slider";
import { strategyFor, withAgent } from "./agent";
import { Block, OpeningRow } from "./block";
import { numberIn, section, textIn, type BlockProps } from "./configuration";
import { ToolsField } from "./tools-field";

/** What an agent may use, and how it works. */
export function AgentBlock(props: BlockProps) {
  const { t } = useTranslation();
  return (
    <Block title={t("orchestration.tools")} hint={t("orchestration.toolsHint")}>
      <ToolsField {...props} />
      <WayOfWorking {...props} />
    </Block>
  );
}

/** What a prompt of one's own must hold. */
const PLACES = { instruction: "{{instruction}}", tools: "{{tools}}", tool_names: "{{tool_names}}" };
const ROUNDS = 10;
const MOST_ROUNDS = 99;

function WayOfWorking({ configuration, change, disabled }: BlockProps) {
  const { t } = useTranslation();
  const model = section(configuration, "model");
  const found = useModel("llm", textIn(model, "provider"), textIn(model, "name"));
  const agent = section(configuration, "agent_mode");
  const strategy = found.model === undefined ? null : strategyFor(found.model.features);
  const rounds = numberIn(agent, "max_iteration", ROUNDS);
  const prompts = section(agent, "prompt");
  const setPrompt = (key: string, text: string) => {
    const next: JsonObject = { ...prompts, [key]: text };
    const written = Object.values(next).some((each) => each !== "");
    change((before) => withAgent(before, { prompt: written ? next : null }));
  };
  return (
    <OpeningRow
      name={
        <>
          <span className="truncate">{t("orchestration.way")}</span>
          <span className="min-w-0 truncate text-12 text-muted">
            {strategy !== null && `${t(`orchestration.strategies.${strategy}`)} · `}
            {t("orchestration.rounds", { count: rounds })}
          </span>
        </>
      }
    >
      <p className="text-muted">{t(strategy === null ? "orchestration.strategyUnknown" : `orchestration.strategyHint.${strategy}`)}</p>
      <Field id="rounds" label={t("orchestration.maxRounds")} hint={t("orchestration.maxRoundsHint")}>
        <Slider
          id="rounds"
          label={t("orchestration.maxRounds")}
          value={rounds}
          min={1}
          max={MOST_ROUNDS}
          disabled={disabled}
          onChange={(count) => change((before) => withAgent(before, { max_iteration: count }))}
        />
      </Field>
      {strategy === "react" && (
        <Field id="react-prompt" label={t("orchestration.reactPrompt")} hint={t("orchestration.reactPromptHint", PLACES)} optional>
          <TextArea
            {...fieldProps("react-prompt", undefined)}
            className="font-mono text-12!"
            value={textIn(prompts, "first_prompt")}
            placeholder={Object.values(PLACES).join("\n")}
            onChange={(event) => setPrompt("first_prompt", event.target.value)}
          />
        </Field>
      )}
    </OpeningRow>
  );
}

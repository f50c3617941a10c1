import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { useModel } from "@/features/model-picker/models";
import { Button } from "@/ui/button";
import { CopyButton } from "@/ui/copy-button";
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

function WayOfWorking(props: BlockProps) {
  const { configuration, change, disabled } = props;
  const { t } = useTranslation();
  const model = section(configuration, "model");
  const found = useModel("llm", textIn(model, "provider"), textIn(model, "name"));
  const agent = section(configuration, "agent_mode");
  const strategy = found.model === undefined ? null : strategyFor(found.model.features);
  const rounds = numberIn(agent, "max_iteration", ROUNDS);
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
      {strategy === "react" && <StepsPrompt {...props} completion={textIn(model, "mode") === "completion"} />}
    </OpeningRow>
  );
}

/** The prompt of an agent that works step by step: the built-in one, to look at and to begin with, or one's own. */
function StepsPrompt({ configuration, change, disabled, completion }: BlockProps & { completion: boolean }) {
  const { t } = useTranslation();
  const { data } = useQuery({ queryKey: ["agent-prompts"], queryFn: ({ signal }) => call(api.GET("/agent-prompts", { signal })), staleTime: Infinity });
  const prompts = section(section(configuration, "agent_mode"), "prompt");
  const own = textIn(prompts, "first_prompt");
  const builtIn = data === undefined ? "" : completion ? data.completion : data.chat;
  const set = (text: string) => change((before) => withAgent(before, { prompt: text === "" ? null : { ...prompts, first_prompt: text } }));
  return (
    <>
      <Field id="react-prompt" label={t("orchestration.reactPrompt")} hint={t("orchestration.reactPromptHint", PLACES)} optional>
        <TextArea {...fieldProps("react-prompt", undefined)} className="font-mono text-12!" value={own} placeholder={Object.values(PLACES).join("\n")} onChange={(event) => set(event.target.value)} />
      </Field>
      <details className="rounded-control bg-sunken/60 p-2">
        <summary className="cursor-pointer text-12 font-medium">{t("orchestration.builtIn")}</summary>
        <div className="flex items-center gap-1 py-1">
          <CopyButton text={builtIn} />
          {!disabled && (
            <Button size="small" onClick={() => set(builtIn)}>
              {t("orchestration.beginWithIt")}
            </Button>
          )}
        </div>
        <pre tabIndex={0} className="max-h-72 overflow-y-auto font-mono text-12 break-words whitespace-pre-wrap">
          {builtIn}
        </pre>
        {!completion && data !== undefined && (
          <p className="mt-2 text-12">
            <span className="text-muted">{t("orchestration.afterStep")} </span>
            {data.next_iteration}
          </p>
        )}
      </details>
    </>
  );
}

import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Badge } from "@/ui/badge";
import { CodeBlock } from "@/ui/markdown/code-block";
import { Segmented } from "@/ui/segmented";
import { ANSWERS, streamOf } from "./answers";
import { STATUS, type Code } from "./codes";
import { parametersOf, type Endpoint, type EndpointId, type Parameter } from "./endpoints";
import type { Facts } from "./facts";
import { InputsTable } from "./inputs-table";
import { sample, type SampleLanguage } from "./samples";

type Shown = Endpoint & { id: EndpointId };

interface EndpointSectionProps {
  endpoint: Shown;
  facts: Facts;
  language: SampleLanguage;
}

const COLOURS: Record<SampleLanguage, string> = { curl: "bash", python: "python", javascript: "javascript" };

/** One endpoint: what it takes, a program that calls it, what it answers. */
export function EndpointSection({ endpoint, facts: given, language }: EndpointSectionProps) {
  const { t } = useTranslation();
  const onlyStreams = given.mode === "agent-chat";
  const [streaming, setStreaming] = useState(onlyStreams);
  const facts = { ...given, streaming: endpoint.streams === true && streaming };
  const parameters = parametersOf(endpoint, facts.mode);
  return (
    <article id={endpoint.id} aria-labelledby={`${endpoint.id}-title`} className="grid scroll-mt-16 gap-4 rounded-card border border-line bg-surface p-4 xl:grid-cols-2">
      <div className="flex min-w-0 flex-col gap-3">
        <h3 id={`${endpoint.id}-title`} className="text-14 font-semibold">
          {t(`apiReference.endpoints.${endpoint.id}.title`)}
        </h3>
        <p className="flex min-w-0 items-center gap-2 font-mono text-12">
          <Badge tone="accent">{endpoint.method}</Badge>
          <span className="min-w-0 break-all">{endpoint.path}</span>
        </p>
        <p className="text-muted">{t(`apiReference.endpoints.${endpoint.id}.text`)}</p>
        {parameters.length > 0 && <Parameters parameters={parameters} facts={facts} />}
        <Errors codes={(endpoint.errors ?? []) as readonly Code[]} />
      </div>
      <div className="flex min-w-0 flex-col gap-3">
        {endpoint.streams === true && !onlyStreams && (
          <Segmented
            label={t("apiReference.answering")}
            value={streaming ? "stream" : "whole"}
            onChange={(value) => setStreaming(value === "stream")}
            options={[
              { value: "whole", label: t("apiReference.whole") },
              { value: "stream", label: t("apiReference.stream") },
            ]}
          />
        )}
        <h4 className="text-12 font-medium text-muted">{t("apiReference.request")}</h4>
        <CodeBlock code={sample(language, endpoint, facts)} language={COLOURS[language]} />
        <h4 className="text-12 font-medium text-muted">{t("apiReference.answer")}</h4>
        <Answer endpoint={endpoint} facts={facts} />
      </div>
    </article>
  );
}

function Parameters({ parameters, facts }: { parameters: readonly Parameter[]; facts: Facts }) {
  const { t } = useTranslation();
  return (
    <dl aria-label={t("apiReference.parametersTitle")} className="flex flex-col divide-y divide-line">
      {parameters.map((parameter) => (
        <div key={`${parameter.in} ${parameter.name}`} className="py-2">
          <dt className="flex flex-wrap items-baseline gap-x-2">
            <span className="font-mono text-12 font-medium break-all">{parameter.name}</span>
            <span className="text-12 text-muted">
              {t(`apiReference.kinds.${parameter.type}`)} · {t(`apiReference.places.${parameter.in}`)}
            </span>
            {parameter.required === true && <span className="text-12 text-danger">{t("apiReference.required")}</span>}
          </dt>
          <dd>
            {t(`apiReference.parameters.${(parameter.words ?? parameter.name) as "user"}`)}
            {parameter.name === "inputs" && parameter.words === undefined && <InputsTable fields={facts.fields} />}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Errors({ codes }: { codes: readonly Code[] }) {
  const { t } = useTranslation();
  if (codes.length === 0) return null;
  return (
    <div className="text-12">
      <h4 className="font-medium text-muted">{t("apiReference.errors")}</h4>
      <ul className="mt-1 flex flex-col gap-0.5">
        {codes.map((code) => (
          <li key={code}>
            <span className="tabular">{STATUS[code]}</span> <span className="font-mono">{code}</span> <span className="text-muted">{t(`apiReference.codes.${code}`)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Answer({ endpoint, facts }: { endpoint: Shown; facts: Facts }) {
  const { t } = useTranslation();
  if (endpoint.file !== undefined) return <p>{t("apiReference.answerFile")}</p>;
  if (endpoint.id === "followRun") return <p>{t("apiReference.answerStream")}</p>;
  if (facts.streaming) return <CodeBlock language="json" code={streamOf(facts).map((event) => `data: ${JSON.stringify(event)}`).join("\n\n")} />;
  const answer = ANSWERS[endpoint.id];
  const value = typeof answer === "function" ? answer(facts) : answer;
  if (value === null) return <p>{t(endpoint.id === "parameters" ? "apiReference.notPublished" : "apiReference.answerEmpty")}</p>;
  return (
    <div className="max-h-120 overflow-auto rounded-card">
      <CodeBlock language="json" code={JSON.stringify(value, null, 2)} />
    </div>
  );
}


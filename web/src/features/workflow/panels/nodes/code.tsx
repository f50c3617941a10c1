import { Plus, Trash2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { CodeEditor } from "@/features/editors/code-editor";
import { CommittedInput } from "@/features/editors/committed-input";
import { Segmented } from "@/ui/segmented";
import { nameProblem } from "@/features/variables/tokens";
import { Button, IconButton } from "@/ui/button";
import { usePanel } from "../panel-context";
import { Section } from "../section";
import { WriteButton } from "../write-button";
import { useRemoveOutput, useRenameOutput } from "../use-outputs";
import { Bindings } from "./bindings";
import { freeName, type Binding } from "./shared";
import { NativeSelect } from "@/ui/field";

interface Output {
  type: string;
  children?: Record<string, Output> | null;
}

interface CodeData {
  variables: Binding[];
  code_language: string;
  code: string;
  outputs: Record<string, Output>;
  dependencies: { name?: string; version?: string }[] | null;
}

const TYPES = ["string", "number", "boolean", "object", "array[string]", "array[number]", "array[boolean]", "array[object]"] as const;

export default function CodePanel() {
  const { t } = useTranslation();
  const { nodeId, data, set, disabled } = usePanel<CodeData>();
  const rename = useRenameOutput<CodeData>(nodeId);
  const { remove, dialog } = useRemoveOutput(nodeId);
  const variables = data.variables ?? [];
  const names = variables.map((each) => each.variable);
  const outputs = data.outputs ?? {};
  const language = data.code_language === "javascript" ? "javascript" : "python3";
  const wanted = (data.dependencies ?? []).map((each) => each.name ?? "").filter(Boolean);
  const chooseLanguage = (next: "python3" | "javascript") =>
    // Code that was never touched is written anew in the other language.
    set({ code_language: next, ...(isSample(data.code ?? "", language, names) ? { code: sample(next, names) } : {}) });
  return (
    <>
      <Section title={t("panels.code.inputs")} hint={t("panels.code.inputsHint")}>
        <Bindings value={variables} wish="arg" withType add={t("panels.bindings.add")} disabled={disabled} onChange={(next) => set({ variables: next })} />
      </Section>
      <CodeEditor
        label={t("panels.code.code")}
        language={language}
        value={data.code ?? ""}
        names={names}
        disabled={disabled}
        minHeight={220}
        tools={!disabled && <WriteButton what={language} current={isSample(data.code ?? "", language, names) ? "" : (data.code ?? "")} onWritten={(code) => set({ code })} />}
        onChange={(code) => set({ code })}
        head={
          <Segmented
            label={t("panels.code.language")}
            value={language}
            disabled={disabled}
            onChange={chooseLanguage}
            options={[
              { value: "python3", label: "Python" },
              { value: "javascript", label: "JavaScript" },
            ]}
          />
        }
      />
      <p className="-mt-3 text-12 text-muted">
        {language === "python3" ? t("panels.code.pythonHint") : t("panels.code.javascriptHint")}
        {wanted.length > 0 && ` ${t("panels.code.dependencies", { names: wanted.join(", ") })}`}
      </p>
      <Section title={t("panels.code.outputs")} hint={t("panels.code.outputsHint")} required>
        <Outputs
          outputs={outputs}
          disabled={disabled}
          path={[]}
          onChange={(next) => set({ outputs: next })}
          onRename={(from, to) =>
            rename(from, to, (draft) => {
              draft.outputs = renamed(draft.outputs ?? {}, from, to);
            })
          }
          onRemove={(name) => remove([name], () => set({ outputs: without(outputs, name) }))}
        />
      </Section>
      {dialog}
    </>
  );
}

interface OutputsProps {
  outputs: Record<string, Output>;
  path: readonly string[];
  onChange: (outputs: Record<string, Output>) => void;
  onRename: (from: string, to: string) => void;
  onRemove: (name: string) => void;
  disabled: boolean;
}

/** Names and types; objects can say what is in them. */
function Outputs({ outputs, path, onChange, onRename, onRemove, disabled }: OutputsProps) {
  const { t } = useTranslation();
  const names = Object.keys(outputs);
  return (
    <div className={path.length === 0 ? "flex flex-col gap-2" : "ms-3 flex flex-col gap-2 border-s border-line ps-3"}>
      {names.map((name) => {
        const output = outputs[name] ?? { type: "string" };
        const nested = output.type === "object" || output.type === "array[object]";
        const children = output.children ?? {};
        return (
          <div key={name} className="flex flex-col gap-2">
            <div className="flex items-start gap-1">
              <CommittedInput
                label={t("panels.code.outputName")}
                value={name}
                disabled={disabled}
                check={(next) => {
                  const problem = nameProblem(next, names.filter((other) => other !== name));
                  return problem === null ? null : t(`editors.name.${problem}`);
                }}
                onCommit={(next) => onRename(name, next)}
                className="min-w-0 flex-1 font-mono"
              />
              <NativeSelect
                aria-label={t("editors.schema.typeOf", { name })}
                value={output.type}
                disabled={disabled}
                onChange={(event) => onChange({ ...outputs, [name]: { type: event.target.value, children: null } })}
                className="h-8! w-36! text-13!"
              >
                {!TYPES.some((type) => type === output.type) && <option>{output.type}</option>}
                {TYPES.map((type) => (
                  <option key={type}>{type}</option>
                ))}
              </NativeSelect>
              {!disabled && (
                <IconButton label={t("panels.removeItem", { name })} onClick={() => onRemove(name)}>
                  <Trash2 size={14} strokeWidth={1.5} />
                </IconButton>
              )}
            </div>
            {nested && path.length < 3 && (
              <Outputs
                outputs={children}
                path={[...path, name]}
                disabled={disabled}
                onChange={(next) => onChange({ ...outputs, [name]: { ...output, children: Object.keys(next).length === 0 ? null : next } })}
                onRename={(from, to) => onChange({ ...outputs, [name]: { ...output, children: renamed(children, from, to) } })}
                onRemove={(child) => {
                  const left = without(children, child);
                  onChange({ ...outputs, [name]: { ...output, children: Object.keys(left).length === 0 ? null : left } });
                }}
              />
            )}
          </div>
        );
      })}
      {!disabled && (
        <Button
          variant="quiet"
          size="small"
          className="self-start"
          icon={<Plus size={14} strokeWidth={1.5} />}
          onClick={() => onChange({ ...outputs, [freeName(path.length === 0 ? "result" : "member", names)]: { type: "string", children: null } })}
        >
          {path.length === 0 ? t("panels.code.addOutput") : t("editors.schema.addTo", { name: path.at(-1) })}
        </Button>
      )}
    </div>
  );
}

function renamed(outputs: Record<string, Output>, from: string, to: string): Record<string, Output> {
  return Object.fromEntries(Object.entries(outputs).map(([name, output]) => [name === from ? to : name, output]));
}

function without(outputs: Record<string, Output>, name: string): Record<string, Output> {
  return Object.fromEntries(Object.entries(outputs).filter(([key]) => key !== name));
}

function sample(language: "python3" | "javascript", names: readonly string[]): string {
  const first = names[0] ?? '""';
  return language === "python3"
    ? `def main(${names.map((name) => `${name}: str`).join(", ")}) -> dict:\n    return {'result': ${first}}\n`
    : `function main({${names.join(", ")}}) {\n    return { result: ${first} }\n}\n`;
}

function isSample(code: string, language: "python3" | "javascript", names: readonly string[]): boolean {
  return code.trim() === "" || code.replaceAll(/\s/g, "") === sample(language, names).replaceAll(/\s/g, "");
}

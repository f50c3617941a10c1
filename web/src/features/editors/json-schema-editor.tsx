import { Plus, Sparkles, Trash2 } from "lucide-react";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { isJsonObject, parseJson, type JsonObject } from "@/api/json";
import { api, call } from "@/api/client";
import { nameProblem } from "@/features/variables/tokens";
import { Button, IconButton } from "@/ui/button";
import { NativeSelect, TextArea, TextInput } from "@/ui/field";
import { CommittedInput } from "./committed-input";
import { JsonEditor } from "./json-editor";
import {
  addProperty,
  changeProperty,
  EMPTY_SCHEMA,
  freeName,
  propertiesOf,
  propertyAt,
  removeProperty,
  SCHEMA_TYPES,
  schemaFromExample,
  schemaProblem,
  type SchemaType,
} from "./json-schema";
import { LINES, TagInput } from "@/ui/tag-input";
import { Segmented } from "@/ui/segmented";

interface JsonSchemaEditorProps {
  value: JsonObject | null | undefined;
  onChange: (schema: JsonObject) => void;
  label: string;
  disabled?: boolean;
  /** The model that is asked to draw up a schema; without one it cannot. */
  model?: JsonObject | undefined;
}

type Way = "visual" | "code" | "example" | "ask";

/** The schema of an object: as a tree, as JSON, from an example, or drawn up by a model. */
export function JsonSchemaEditor({ value, onChange, label, disabled = false, model }: JsonSchemaEditorProps) {
  const { t } = useTranslation();
  const [way, setWay] = useState<Way>("visual");
  const schema = value ?? EMPTY_SCHEMA;
  const ways: Way[] = disabled ? ["visual", "code"] : model === undefined ? ["visual", "code", "example"] : ["visual", "code", "example", "ask"];
  const taken = (next: JsonObject) => {
    onChange(next);
    setWay("visual");
  };
  return (
    <div className="flex flex-col gap-2">
      <Segmented label={label} value={way} onChange={setWay} options={ways.map((each) => ({ value: each, label: t(`editors.schema.${each}`) }))} />
      {way === "visual" && <Properties schema={schema} path={[]} root={schema} onChange={onChange} disabled={disabled} />}
      {way === "code" && (
        <JsonEditor
          label={label}
          value={schema}
          disabled={disabled}
          check={(json) => {
            const problem = schemaProblem(json);
            return problem === null ? null : t(`editors.schema.${problem}`);
          }}
          onChange={(json) => onChange(isJsonObject(json) ? json : EMPTY_SCHEMA)}
          minHeight={180}
        />
      )}
      {way === "example" && <FromExample onMade={taken} />}
      {way === "ask" && model !== undefined && <FromModel model={model} onMade={taken} />}
    </div>
  );
}

interface PropertiesProps {
  schema: JsonObject;
  root: JsonObject;
  path: readonly string[];
  onChange: (root: JsonObject) => void;
  disabled: boolean;
}

function Properties({ schema, root, path, onChange, disabled }: PropertiesProps) {
  const { t } = useTranslation();
  const properties = propertiesOf(schema);
  const names = properties.map((property) => property.name);
  return (
    <div className={path.length === 0 ? "flex flex-col gap-2" : "ms-3 mt-1 flex flex-col gap-2 border-s border-line ps-3"}>
      {properties.map((property) => {
        const change = (part: Parameters<typeof changeProperty>[3]) => onChange(changeProperty(root, path, property.name, part));
        const below = [...path, property.name];
        return (
          <div key={property.name} className="flex flex-col gap-1">
            <div className="flex flex-wrap items-center gap-1">
              <CommittedInput
                value={property.name}
                label={t("editors.schema.name")}
                disabled={disabled}
                check={(name) => {
                  const problem = nameProblem(name, names.filter((other) => other !== property.name), 64);
                  return problem === null ? null : t(`editors.name.${problem}`);
                }}
                onCommit={(name) => change({ name })}
                className="min-w-24 flex-1 font-mono text-12"
              />
              <NativeSelect
                aria-label={t("editors.schema.typeOf", { name: property.name })}
                value={property.type}
                disabled={disabled}
                onChange={(event) => change({ type: event.target.value as SchemaType })}
                className="h-8! w-32! text-13!"
              >
                {SCHEMA_TYPES.map((type) => (
                  <option key={type}>{type}</option>
                ))}
              </NativeSelect>
              <label className="flex h-8 items-center gap-1 text-12 text-muted">
                <input type="checkbox" checked={property.required} disabled={disabled} onChange={(event) => change({ required: event.target.checked })} />
                {t("editors.schema.required")}
              </label>
              {!disabled && (
                <IconButton label={t("editors.schema.remove", { name: property.name })} onClick={() => onChange(removeProperty(root, path, property.name))}>
                  <Trash2 size={14} strokeWidth={1.5} />
                </IconButton>
              )}
            </div>
            <TextInput
              aria-label={t("editors.schema.descriptionOf", { name: property.name })}
              placeholder={t("editors.schema.description")}
              value={property.description}
              disabled={disabled}
              onChange={(event) => change({ description: event.target.value })}
              className="h-8! text-13!"
            />
            {property.type === "string" && (
              <TagInput separator={LINES}
                label={t("editors.schema.choicesOf", { name: property.name })}
                placeholder={t("editors.schema.choices")}
                value={property.choices}
                disabled={disabled}
                onChange={(choices) => change({ choices })}
              />
            )}
            {(property.type === "object" || property.type === "array[object]") && (
              <Properties schema={propertyAt(root, below) ?? {}} root={root} path={below} onChange={onChange} disabled={disabled} />
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
          onClick={() => onChange(addProperty(root, path, freeName(root, path, "field")))}
        >
          {path.length === 0 ? t("editors.schema.add") : t("editors.schema.addTo", { name: path.at(-1) })}
        </Button>
      )}
    </div>
  );
}

function FromExample({ onMade }: { onMade: (schema: JsonObject) => void }) {
  const { t } = useTranslation();
  const id = useId();
  const [text, setText] = useState("");
  const example = parseJson(text);
  const fits = isJsonObject(example);
  return (
    <div className="flex flex-col gap-2">
      <label htmlFor={id} className="text-12 text-muted">
        {t("editors.schema.exampleHint")}
      </label>
      <TextArea id={id} value={text} onChange={(event) => setText(event.target.value)} spellCheck={false} className="min-h-32 font-mono text-12" />
      {text.trim() !== "" && !fits && <p className="text-12 text-danger">{t("editors.schema.exampleBroken")}</p>}
      <Button variant="accent" className="self-end" disabled={!fits} onClick={() => onMade(schemaFromExample(example ?? {}))}>
        {t("editors.schema.make")}
      </Button>
    </div>
  );
}

function FromModel({ model, onMade }: { model: JsonObject; onMade: (schema: JsonObject) => void }) {
  const { t } = useTranslation();
  const id = useId();
  const [wish, setWish] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const ask = async () => {
    setBusy(true);
    setProblem(null);
    try {
      const answer: JsonObject = (await call(api.POST("/rule-structured-output-generate", { body: { instruction: wish, model_config: model } as never }))) as JsonObject;
      const output = answer.output;
      const schema = typeof output === "string" ? parseJson(output) : output;
      if (typeof answer.error === "string" && answer.error !== "") setProblem(answer.error);
      else if (isJsonObject(schema)) onMade(schema);
      else setProblem(t("editors.schema.askFailed"));
    } catch (error) {
      setProblem(error instanceof Error && error.message !== "" ? error.message : t("editors.schema.askFailed"));
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="flex flex-col gap-2">
      <label htmlFor={id} className="text-12 text-muted">
        {t("editors.schema.askHint")}
      </label>
      <TextArea id={id} value={wish} onChange={(event) => setWish(event.target.value)} />
      {problem !== null && <p className="text-12 text-danger">{problem}</p>}
      <Button
        variant="accent"
        className="self-end"
        busy={busy}
        disabled={wish.trim() === ""}
        icon={<Sparkles size={14} strokeWidth={1.5} />}
        onClick={() => void ask()}
      >
        {t("editors.schema.make")}
      </Button>
    </div>
  );
}

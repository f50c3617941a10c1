import { useTranslation } from "react-i18next";
import { Checkbox } from "@/ui/checkbox";
import { Field, TextInput } from "@/ui/field";
import { NumberInput } from "@/ui/number-input";
import { RadioCards } from "@/ui/radio-cards";
import { Segmented } from "@/ui/segmented";
import { Select } from "@/ui/select";
import { LANGUAGES, waysOf, type Cutting, type CuttingProblem } from "./cutting";

interface CuttingFieldsProps {
  value: Cutting;
  onChange: (value: Cutting) => void;
  /** Of the base, which does not change. */
  form: string | null;
  problem: CuttingProblem | null;
  shortest: number;
  longest: number;
}

/** How documents are cleaned and cut. */
export function CuttingFields({ value, onChange, form, problem, shortest, longest }: CuttingFieldsProps) {
  const { t } = useTranslation();
  const set = (part: Partial<Cutting>) => onChange({ ...value, ...part });
  const parents = value.way === "parents";
  const languages: string[] = LANGUAGES.some((each) => each === value.language) ? [...LANGUAGES] : [value.language, ...LANGUAGES];
  return (
    <div className="flex flex-col gap-4">
      <RadioCards
        label={t("knowledgeSetup.cutting.way")}
        value={value.way}
        columns={2}
        onChange={(way) => set({ way })}
        options={waysOf(form).map((way) => ({ value: way, title: t(`knowledgeSetup.cutting.ways.${way}`), text: t(`knowledgeSetup.cutting.about.${way}`) }))}
      />
      {form !== null && <p className="text-12 text-muted">{t("knowledgeSetup.cutting.fixed")}</p>}
      {parents && (
        <Segmented
          label={t("knowledgeSetup.cutting.parent")}
          value={value.wholeDocument ? "whole" : "paragraphs"}
          onChange={(next) => set({ wholeDocument: next === "whole" })}
          options={[
            { value: "paragraphs", label: t("knowledgeSetup.cutting.paragraphs") },
            { value: "whole", label: t("knowledgeSetup.cutting.whole") },
          ]}
        />
      )}
      {value.way !== "automatic" && !(parents && value.wholeDocument) && (
        <CutFields id="chunk" title={t(parents ? "knowledgeSetup.cutting.parentChunks" : "knowledgeSetup.cutting.chunks")} value={value.chunk} onChange={(chunk) => set({ chunk })} overlap={!parents} />
      )}
      {parents && <CutFields id="child" title={t("knowledgeSetup.cutting.childChunks")} value={value.child} onChange={(child) => set({ child })} overlap={false} />}
      {problem !== null && <p className="text-danger">{t(`knowledgeSetup.cutting.problems.${problem}`, { shortest, longest })}</p>}
      {value.way !== "automatic" && (
        <div className="flex flex-col gap-2">
          <Checkbox label={t("knowledgeSetup.cutting.spaces")} checked={value.removeExtraSpaces} onChange={(removeExtraSpaces) => set({ removeExtraSpaces })} />
          <Checkbox label={t("knowledgeSetup.cutting.urls")} checked={value.removeUrls} onChange={(removeUrls) => set({ removeUrls })} />
        </div>
      )}
      <Field id="document-language" label={t("knowledgeSetup.cutting.language")} hint={value.way === "pairs" ? t("knowledgeSetup.cutting.pairsHint") : undefined}>
        <Select id="document-language" className="max-w-60" value={value.language} onChange={(language) => set({ language })} options={languages.map((each) => ({ value: each, label: each }))} />
      </Field>
    </div>
  );
}

interface CutFieldsProps {
  id: string;
  title: string;
  value: Cutting["chunk"];
  onChange: (value: Cutting["chunk"]) => void;
  overlap: boolean;
}

function CutFields({ id, title, value, onChange, overlap }: CutFieldsProps) {
  const { t } = useTranslation();
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 font-medium">{title}</legend>
      <div className="grid grid-cols-2 gap-3 sm:grid-cols-3">
        <Field id={`${id}-separator`} label={t("knowledgeSetup.cutting.separator")}>
          <TextInput id={`${id}-separator`} className="font-mono" value={value.separator} onChange={(event) => onChange({ ...value, separator: event.target.value })} />
        </Field>
        <Field id={`${id}-length`} label={t("knowledgeSetup.cutting.length")}>
          <NumberInput id={`${id}-length`} value={value.max_tokens} min={1} onChange={(max_tokens) => max_tokens !== null && onChange({ ...value, max_tokens })} />
        </Field>
        {overlap && (
          <Field id={`${id}-overlap`} label={t("knowledgeSetup.cutting.overlap")}>
            <NumberInput id={`${id}-overlap`} value={value.chunk_overlap} min={0} onChange={(overlapping) => onChange({ ...value, chunk_overlap: overlapping ?? 0 })} />
          </Field>
        )}
      </div>
    </fieldset>
  );
}

import type { JsonObject } from "@/api/json";
import type { Schemas } from "@/api/client";

export const WAYS = ["automatic", "general", "parents", "pairs"] as const;

/** How documents are cut: by itself, by one rule, into parents with children, into questions with answers. */
export type Way = (typeof WAYS)[number];
export type DocForm = "text_model" | "hierarchical_model" | "qa_model";

interface Cut {
  separator: string;
  max_tokens: number;
  chunk_overlap: number;
}

export interface Cutting {
  way: Way;
  chunk: Cut;
  child: Cut;
  wholeDocument: boolean;
  removeExtraSpaces: boolean;
  removeUrls: boolean;
  /** Of the document; questions are asked in it. */
  language: string;
}

export const LANGUAGES = ["English", "Chinese", "Japanese", "Korean", "German", "French", "Spanish", "Portuguese", "Italian", "Russian", "Arabic", "Hindi"] as const;

export const DEFAULT_CUTTING: Cutting = {
  way: "general",
  chunk: { separator: "\\n\\n", max_tokens: 1024, chunk_overlap: 50 },
  child: { separator: "\\n", max_tokens: 512, chunk_overlap: 0 },
  wholeDocument: false,
  removeExtraSpaces: true,
  removeUrls: false,
  language: "English",
};

export function formOf(way: Way): DocForm {
  if (way === "parents") return "hierarchical_model";
  return way === "pairs" ? "qa_model" : "text_model";
}

/** The ways of cutting that documents of a base of this form can have. */
export function waysOf(form: string | null): readonly Way[] {
  return form === null ? WAYS : WAYS.filter((way) => formOf(way) === form);
}

export function ruleOf(cutting: Cutting): JsonObject {
  if (cutting.way === "automatic") return { mode: "automatic", rules: {} };
  const rules = {
    pre_processing_rules: [
      { id: "remove_extra_spaces", enabled: cutting.removeExtraSpaces },
      { id: "remove_urls_emails", enabled: cutting.removeUrls },
    ],
    segmentation: { ...cutting.chunk },
  };
  if (cutting.way !== "parents") return { mode: "custom", rules };
  return {
    mode: "hierarchical",
    rules: { ...rules, parent_mode: cutting.wholeDocument ? "full-doc" : "paragraph", subchunk_segmentation: { ...cutting.child } },
  };
}

interface Rules {
  pre_processing_rules?: { id: string; enabled: boolean }[];
  segmentation?: Partial<Cut>;
  subchunk_segmentation?: Partial<Cut>;
  parent_mode?: string;
}

/** The settings that a stored rule was made of. */
export function cuttingOf(stored: Schemas["ProcessRuleShown"], form: string | null, language: string): Cutting {
  const rules = stored.rules as Rules;
  const cleans = (id: string, otherwise: boolean) => rules.pre_processing_rules?.find((each) => each.id === id)?.enabled ?? otherwise;
  const read = (given: Partial<Cut> | undefined, otherwise: Cut): Cut => ({ ...otherwise, ...given, separator: shown(given?.separator ?? otherwise.separator) });
  return {
    way: form === "hierarchical_model" ? "parents" : form === "qa_model" ? "pairs" : stored.mode === "automatic" ? "automatic" : "general",
    chunk: read(rules.segmentation, DEFAULT_CUTTING.chunk),
    child: read(rules.subchunk_segmentation, DEFAULT_CUTTING.child),
    wholeDocument: rules.parent_mode === "full-doc",
    removeExtraSpaces: cleans("remove_extra_spaces", true),
    removeUrls: cleans("remove_urls_emails", false),
    language,
  };
}

/** A separator as one can read and type it. */
export function shown(separator: string): string {
  return separator.replaceAll("\n", "\\n").replaceAll("\t", "\\t").replaceAll("\r", "\\r");
}

export type CuttingProblem = "noSeparator" | "tooShort" | "tooLong" | "overlap";

/** Why a rule cannot be used, with the bounds of the server. */
export function problemOf(cutting: Cutting, shortest: number, longest: number): CuttingProblem | null {
  if (cutting.way === "automatic") return null;
  const cuts = [...(cutting.way === "parents" && cutting.wholeDocument ? [] : [cutting.chunk]), ...(cutting.way === "parents" ? [cutting.child] : [])];
  for (const cut of cuts) {
    if (cut.separator === "") return "noSeparator";
    if (cut.max_tokens < shortest) return "tooShort";
    if (cut.max_tokens > longest) return "tooLong";
    if (cut.chunk_overlap >= cut.max_tokens) return "overlap";
  }
  return null;
}

import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Block as PromptPart, Vocabulary } from "@/features/editors/vocabulary";
import type { BlockProps } from "./configuration";
import { placeholders } from "./placeholders";
import { freeName, newFetched, newVariable, variablesIn, withVariable } from "./variables";

/** The variables of the app in a prompt, and new ones from its menu. */
export function useVocabulary({ configuration, change }: Pick<BlockProps, "configuration" | "change">, blocks: readonly PromptPart[]): Vocabulary {
  const { t } = useTranslation();
  const form = configuration.user_input_form;
  const fetched = configuration.external_data_tools;
  return useMemo(() => {
    const variables = variablesIn({ user_input_form: form ?? [], external_data_tools: fetched ?? [] });
    const onNew = (typed: string, isFetched: boolean) => {
      const name = freeName(variables, typed);
      change((before) => withVariable(before, isFetched ? newFetched(name) : newVariable(name)));
      return name;
    };
    return placeholders(t, { variables, blocks, onNew });
  }, [t, form, fetched, blocks, change]);
}

import { useEffect, useMemo, useState } from "react";
import type { JsonObject } from "@/api/json";
import type { FormItem } from "@/api/webapp-types";
import {
  fieldsOf,
  initialValues,
  inputsOf,
  problemsOf,
  type FieldProblem,
  type FieldValue,
  type FormValues,
  type InputField,
} from "./fields";
import { valuesFromAddress } from "./url-values";

export interface InputFormState {
  fields: readonly InputField[];
  values: FormValues;
  /** The problems of the last submit, updated as fields are corrected. */
  problems: Readonly<Record<string, FieldProblem>>;
  change: (variable: string, update: (value: FieldValue) => FieldValue) => void;
  /** Puts back the defaults. */
  reset: () => void;
  /** The inputs to send, or null after showing what is wrong. */
  submit: () => JsonObject | null;
}

/** The state of an app's input form, prefilled with the given inputs or from the page's address. */
export function useInputForm(form: readonly FormItem[], inputs: JsonObject | null = null): InputFormState {
  const fields = useMemo(() => fieldsOf(form), [form]);
  const [values, setValues] = useState(() => initialValues(fields, inputs ?? {}));
  const [submitted, setSubmitted] = useState(false);

  useEffect(() => {
    if (inputs !== null) return;
    let current = true;
    void valuesFromAddress(window.location.search).then((given) => {
      if (current && Object.keys(given).length > 0) setValues(initialValues(fields, given));
    });
    return () => {
      current = false;
    };
  }, [fields, inputs]);

  return {
    fields,
    values,
    problems: submitted ? problemsOf(fields, values) : {},
    change: (variable, update) => setValues((before) => ({ ...before, [variable]: update(before[variable] ?? "") })),
    reset: () => {
      setValues(initialValues(fields));
      setSubmitted(false);
    },
    submit: () => {
      const problems = problemsOf(fields, values);
      setSubmitted(true);
      return Object.keys(problems).length === 0 ? inputsOf(fields, values) : null;
    },
  };
}

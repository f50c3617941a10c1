import { useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { FormAction, HumanForm, HumanFormClient } from "@/api/human-form";
import { isApiError } from "@/api/http";
import { initialValues, inputsOf, problemsOf, type FormValues } from "@/features/input-form/fields";
import { InputForm } from "@/features/input-form/input-form";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Markdown } from "@/ui/markdown/markdown";
import { Time } from "@/ui/time";
import { fieldsOf, partsOf } from "./layout";
import { Closed } from "./outcome";

interface FormQuestionsProps {
  client: HumanFormClient;
  form: HumanForm;
  /** Called with the title of the button that answered. */
  onSent: (action: string) => void;
  /** Somebody else was faster, or the time is over. */
  onOver: () => void;
  over: unknown;
}

const VARIANTS = { primary: "primary", default: "plain", accent: "accent", ghost: "quiet" } as const;

/** The text of a form with its fields in their places, and its buttons. */
export function FormQuestions({ client, form, onSent, onOver, over }: FormQuestionsProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const fields = useMemo(() => fieldsOf(form.inputs), [form]);
  const parts = useMemo(() => partsOf(form.form_content, fields), [form, fields]);
  const [values, setValues] = useState<FormValues>(() => initialValues(fields));
  const [tried, setTried] = useState(false);
  const [sending, setSending] = useState<string | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const area = useRef<HTMLFormElement>(null);
  const problems = tried ? problemsOf(fields, values) : {};

  const answer = async (action: FormAction) => {
    if (sending !== null) return;
    setTried(true);
    setFailure(null);
    if (Object.keys(problemsOf(fields, values)).length > 0) {
      requestAnimationFrame(() => area.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
      return;
    }
    setSending(action.id);
    try {
      await client.submit(action.id, inputsOf(fields, values));
      onSent(action.title);
    } catch (error) {
      setFailure(error);
      if (isApiError(error, 412) || isApiError(error, 404)) onOver();
    } finally {
      setSending(null);
    }
  };

  if (isApiError(over, 412) || isApiError(over, 404)) return <Closed error={over} errorText={errorText(over)} onRetry={onOver} />;
  return (
    <form ref={area} noValidate aria-label={form.title} className="flex flex-col gap-5" onSubmit={(event) => event.preventDefault()}>
      {form.title !== "" && <h1 className="text-20 font-semibold">{form.title}</h1>}
      {parts.map((part, at) =>
        part.kind === "text" ? (
          <div key={at} className="text-14">
            <Markdown text={part.text} />
          </div>
        ) : (
          <InputForm
            key={at}
            client={client}
            system={form.system_parameters}
            fields={[part.field]}
            values={values}
            problems={problems}
            onChange={(name, update) => setValues((before) => ({ ...before, [name]: update(before[name] ?? "") }))}
          />
        ),
      )}
      {failure !== null && (
        <p role="alert" className="rounded-control bg-danger-soft px-3 py-2 text-danger">
          {errorText(failure)}
        </p>
      )}
      <div className="flex flex-wrap gap-2 border-t border-line pt-5 max-sm:flex-col">
        {form.user_actions.map((action) => (
          <Button
            key={action.id}
            size="large"
            variant={VARIANTS[action.button_style]}
            className="max-w-full max-sm:w-full"
            busy={sending === action.id}
            disabled={sending !== null}
            onClick={() => void answer(action)}
          >
            <span className="truncate">{action.title}</span>
          </Button>
        ))}
      </div>
      <p className="text-12 text-muted">
        {t("humanInput.closes")} <Time at={form.expiration_time} />
      </p>
    </form>
  );
}

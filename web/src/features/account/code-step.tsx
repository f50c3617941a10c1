import { useMutation } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/button";
import { Field, fieldProps, TextInput } from "@/ui/field";
import { Failure } from "./failure";

interface CodeStepProps {
  /** What is said about the mail. */
  text: string;
  /** The button: what the code does. */
  action: string;
  danger?: boolean;
  /** False while something else is missing. */
  ready?: boolean;
  give: (code: string) => Promise<void>;
  /** Mails another code. */
  again: () => Promise<void>;
}

const WAIT = 60;

/** Takes the code from a mail; another one can be had after a minute. */
export function CodeStep({ text, action, danger = false, ready = true, give, again }: CodeStepProps) {
  const { t } = useTranslation();
  const [code, setCode] = useState("");
  const [submitted, setSubmitted] = useState(false);
  const [left, setLeft] = useState(WAIT);
  const giving = useMutation({ mutationFn: () => give(code) });
  const repeating = useMutation({
    mutationFn: again,
    onSuccess: () => {
      setLeft(WAIT);
      setCode("");
      giving.reset();
    },
  });
  useEffect(() => {
    if (left === 0) return;
    const timer = setTimeout(() => setLeft(left - 1), 1000);
    return () => clearTimeout(timer);
  }, [left]);
  const complete = /^\d{6}$/.test(code);
  const error = submitted && !complete ? t("proofs.codeProblem") : undefined;
  return (
    <form
      noValidate
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        setSubmitted(true);
        if (complete && ready) giving.mutate();
      }}
    >
      <p className="text-muted" role="status">
        {text}
      </p>
      <Field id="code" label={t("proofs.code")} error={error}>
        <TextInput
          {...fieldProps("code", error)}
          autoFocus
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={12}
          className="tabular font-mono tracking-[0.3em]"
          value={code}
          onChange={(event) => setCode(event.target.value.replace(/\D/g, "").slice(0, 6))}
        />
      </Field>
      <Failure error={giving.error ?? repeating.error} />
      <Button type="submit" variant={danger ? "danger" : "primary"} size="large" disabled={!ready} busy={giving.isPending}>
        {action}
      </Button>
      <Button disabled={left > 0} busy={repeating.isPending} onClick={() => repeating.mutate()}>
        {left > 0 ? t("proofs.againIn", { seconds: left }) : t("proofs.again")}
      </Button>
    </form>
  );
}

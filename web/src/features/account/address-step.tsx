import { useMutation } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/button";
import { Field, fieldProps, TextInput } from "@/ui/field";
import { Failure } from "./failure";
import { emailProblem } from "./rules";

interface AddressStepProps {
  label: string;
  /** The address that the step begins with. */
  initial?: string;
  /** Mails the code, and goes on. */
  send: (email: string) => Promise<void>;
  /** Further fields. */
  children?: ReactNode;
}

/** Asks for an address, and mails a code to it. */
export function AddressStep({ label, initial = "", send, children }: AddressStepProps) {
  const { t } = useTranslation();
  const [email, setEmail] = useState(initial);
  const [submitted, setSubmitted] = useState(false);
  const sending = useMutation({ mutationFn: () => send(email.trim().toLowerCase()) });
  const problem = emailProblem(email);
  const error = submitted && problem !== null ? t(`account.problems.${problem}`) : undefined;
  return (
    <form
      noValidate
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        setSubmitted(true);
        if (problem === null) sending.mutate();
      }}
    >
      <Field id="email" label={label} error={error}>
        <TextInput {...fieldProps("email", error)} type="email" autoComplete="username" value={email} onChange={(event) => setEmail(event.target.value)} />
      </Field>
      {children}
      <Failure error={sending.error} />
      <Button type="submit" variant="primary" size="large" busy={sending.isPending}>
        {t("proofs.sendCode")}
      </Button>
    </form>
  );
}

import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { languageFor } from "@/i18n/i18n";
import { Button } from "@/ui/button";
import { Skeleton } from "@/ui/empty";
import { Field, fieldProps } from "@/ui/field";
import { AccountFrame } from "./account-frame";
import { AddressStep } from "./address-step";
import { CodeStep } from "./code-step";
import { Failure } from "./failure";
import { systemFeaturesQuery } from "./features-query";
import { accountTag } from "./languages";
import { PasswordInput } from "./password-input";
import { newPasswordProblem, repeatProblem } from "./rules";
import { ToSignIn } from "./to-sign-in";

type Step = { name: "address"; email: string } | { name: "code" | "password"; email: string; token: string };

/** A forgotten password: the address, the code from the mail, and another password. */
export function ResetPasswordPage({ onDone }: { onDone: () => void }) {
  const { t, i18n } = useTranslation();
  const features = useQuery(systemFeaturesQuery);
  const [step, setStep] = useState<Step>({ name: "address", email: "" });
  const send = async (email: string) => {
    const language = accountTag(languageFor(i18n.language) ?? "en");
    const { token } = await call(api.POST("/password-reset", { body: { email, interface_language: language } }));
    setStep({ name: "code", email, token });
  };
  const chosen = step.name === "password";
  return (
    <AccountFrame title={t(chosen ? "proofs.reset.newTitle" : "proofs.reset.title")} text={t(chosen ? "proofs.reset.newText" : "proofs.reset.text")}>
      {features.isPending && <Skeleton className="h-40 w-full" />}
      {features.data?.is_email_setup === false && (
        <div className="flex flex-col gap-3">
          <p>{t("proofs.reset.noMail")}</p>
          <code className="rounded-control bg-sunken p-3 font-mono">treadle admin reset-password</code>
        </div>
      )}
      {features.data?.is_email_setup === true && step.name === "address" && <AddressStep label={t("account.email")} initial={step.email} send={send} />}
      {step.name === "code" && (
        <CodeStep
          text={t("proofs.codeSent", { email: step.email })}
          action={t("proofs.next")}
          again={() => send(step.email)}
          give={async (code) => {
            await call(api.POST("/password-reset/validity", { body: { token: step.token, code } }));
            setStep({ ...step, name: "password" });
          }}
        />
      )}
      {step.name === "password" && <NewPassword email={step.email} token={step.token} onDone={onDone} />}
      <ToSignIn />
    </AccountFrame>
  );
}

function NewPassword({ email, token, onDone }: { email: string; token: string; onDone: () => void }) {
  const { t } = useTranslation();
  const [form, setForm] = useState({ password: "", repeated: "" });
  const [submitted, setSubmitted] = useState(false);
  const save = useMutation({ mutationFn: () => call(api.PUT("/password-reset", { body: { token, password: form.password } })), onSuccess: onDone });
  const problems = { password: newPasswordProblem(form.password), repeated: repeatProblem(form.password, form.repeated) };
  const errorOf = (field: keyof typeof problems) => {
    const problem = problems[field];
    return submitted && problem !== null ? t(`account.problems.${problem}`) : undefined;
  };
  const bind = (field: keyof typeof form) => ({
    ...fieldProps(field, errorOf(field)),
    autoComplete: "new-password",
    value: form[field],
    onChange: (event: { target: { value: string } }) => setForm({ ...form, [field]: event.target.value }),
  });
  return (
    <form
      noValidate
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        setSubmitted(true);
        if (problems.password === null && problems.repeated === null) save.mutate();
      }}
    >
      <input type="text" hidden autoComplete="username" readOnly value={email} />
      <Field id="password" label={t("profile.newPassword")} hint={t("account.passwordRule")} error={errorOf("password")}>
        <PasswordInput {...bind("password")} />
      </Field>
      <Field id="repeated" label={t("profile.repeatPassword")} error={errorOf("repeated")}>
        <PasswordInput {...bind("repeated")} />
      </Field>
      <Failure error={save.error} />
      <Button type="submit" variant="primary" size="large" busy={save.isPending}>
        {t("proofs.reset.save")}
      </Button>
    </form>
  );
}

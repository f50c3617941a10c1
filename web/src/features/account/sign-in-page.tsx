import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Field, fieldProps, TextInput } from "@/ui/field";
import { AccountFrame } from "./account-frame";
import { PasswordInput } from "./password-input";
import { emailProblem, type AccountProblem } from "./rules";
import { refreshSession } from "./session";

export function SignInPage({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [submitted, setSubmitted] = useState(false);
  const signIn = useMutation({
    mutationFn: async () => {
      await call(api.POST("/signin", { body: { email: email.trim(), password } }));
      await refreshSession(queries);
    },
    onSuccess: onDone,
  });
  const wrongEmail = emailProblem(email);
  const wrongPassword: AccountProblem | null = password === "" ? "passwordRequired" : null;
  const emailError = submitted && wrongEmail !== null ? t(`account.problems.${wrongEmail}`) : undefined;
  const passwordError = submitted && wrongPassword !== null ? t(`account.problems.${wrongPassword}`) : undefined;

  return (
    <AccountFrame title={t("account.signIn")} text={t("account.signInText")}>
      <form
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          setSubmitted(true);
          if (wrongEmail === null && wrongPassword === null) signIn.mutate();
        }}
      >
        <Field id="email" label={t("account.email")} error={emailError}>
          <TextInput
            {...fieldProps("email", emailError)}
            type="email"
            autoComplete="username"
            value={email}
            onChange={(event) => setEmail(event.target.value)}
          />
        </Field>
        <Field id="password" label={t("account.password")} error={passwordError}>
          <PasswordInput
            {...fieldProps("password", passwordError)}
            autoComplete="current-password"
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        </Field>
        {signIn.error !== null && (
          <p role="alert" className="text-danger">
            {errorText(signIn.error)}
          </p>
        )}
        <Button type="submit" variant="primary" size="large" busy={signIn.isPending}>
          {t("account.signIn")}
        </Button>
      </form>
    </AccountFrame>
  );
}

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { Button, buttonClass } from "@/ui/button";
import { Field, fieldProps, TextInput } from "@/ui/field";
import { AccountFrame } from "./account-frame";
import { Failure } from "./failure";
import { systemFeaturesQuery } from "./features-query";
import { takeNotice } from "./notice";
import { PasswordInput } from "./password-input";
import { emailProblem, type AccountProblem } from "./rules";
import { refreshSession } from "./session";
import { ServiceProblem, SignInServices } from "./sign-in-services";

interface SignInPageProps {
  /** Where to go afterwards. */
  back: string | undefined;
  /** Why a service that one came back from did not let one in. */
  problem?: string | undefined;
  onDone: () => void;
}

export function SignInPage({ back, problem, onDone }: SignInPageProps) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [submitted, setSubmitted] = useState(false);
  const [notice] = useState(takeNotice);
  const features = useQuery(systemFeaturesQuery).data;
  const byPassword = features?.enable_email_password_login !== false;
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
      {notice !== null && (
        <p role="status" className="mb-4 rounded-control bg-sunken p-3">
          {notice}
        </p>
      )}
      <ServiceProblem problem={problem} />
      {byPassword && (
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
          <Failure error={signIn.error} />
          <Button type="submit" variant="primary" size="large" busy={signIn.isPending}>
            {t("account.signIn")}
          </Button>
          <Link to="/reset-password" className="self-start text-accent hover:underline">
            {t("account.forgot")}
          </Link>
        </form>
      )}
      <SignInServices services={features?.sign_in_services ?? []} back={back} />
      {features?.enable_email_code_login === true && (
        <Link to="/signin/code" search={{ return: back }} className={buttonClass("plain", "large", "mt-3 w-full")}>
          {t("account.withCode")}
        </Link>
      )}
      {features?.is_allow_register === true && (
        <Link to="/signup" className={buttonClass("plain", "large", "mt-3 w-full")}>
          {t("account.register")}
        </Link>
      )}
    </AccountFrame>
  );
}

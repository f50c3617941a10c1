import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { languageFor } from "@/i18n/i18n";
import { Button } from "@/ui/button";
import { Field, fieldProps, TextInput } from "@/ui/field";
import { browserZone } from "@/ui/time-zone";
import { AccountFrame } from "./account-frame";
import { Failure } from "./failure";
import { accountTag } from "./languages";
import { PasswordInput } from "./password-input";
import { emailProblem, nameProblem, newPasswordProblem } from "./rules";
import { refreshSession } from "./session";

/** Creates the first account, which owns the workspace. */
export function SetupPage({ onDone }: { onDone: () => void }) {
  const { t, i18n } = useTranslation();
  const language = languageFor(i18n.language) ?? "en";
  const queries = useQueryClient();
  const guarded = useQuery({ queryKey: ["setup"], queryFn: ({ signal }) => call(api.GET("/setup", { signal })) }).data?.init_password === true;
  const [form, setForm] = useState({ name: "", email: "", password: "", initPassword: "" });
  const [submitted, setSubmitted] = useState(false);
  const create = useMutation({
    mutationFn: async () => {
      const { name, email, password, initPassword } = form;
      await call(api.POST("/setup", { body: { name: name.trim(), email: email.trim().toLowerCase(), password, init_password: initPassword } }));
      // What this browser says of its person; the account is there with or without it.
      await call(api.PATCH("/account/profile", { body: { interface_language: accountTag(language), timezone: browserZone() } })).catch(() => undefined);
      await refreshSession(queries);
    },
    onSuccess: onDone,
  });
  const problems = {
    name: nameProblem(form.name),
    email: emailProblem(form.email),
    password: newPasswordProblem(form.password),
    initPassword: guarded && form.initPassword === "" ? ("passwordRequired" as const) : null,
  };
  const errorOf = (field: keyof typeof problems) => {
    const problem = problems[field];
    return submitted && problem !== null ? t(`account.problems.${problem}`) : undefined;
  };
  const bind = (field: keyof typeof form) => ({
    ...fieldProps(field, errorOf(field)),
    value: form[field],
    onChange: (event: { target: { value: string } }) => setForm({ ...form, [field]: event.target.value }),
  });

  return (
    <AccountFrame title={t("account.setup")} text={t("account.setupText")}>
      <form
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          setSubmitted(true);
          if (Object.values(problems).every((problem) => problem === null)) create.mutate();
        }}
      >
        <Field id="name" label={t("account.name")} error={errorOf("name")}>
          <TextInput {...bind("name")} autoComplete="name" />
        </Field>
        <Field id="email" label={t("account.email")} error={errorOf("email")}>
          <TextInput {...bind("email")} type="email" autoComplete="username" />
        </Field>
        <Field id="password" label={t("account.password")} hint={t("account.passwordRule")} error={errorOf("password")}>
          <PasswordInput {...bind("password")} autoComplete="new-password" />
        </Field>
        {guarded && (
          <Field id="initPassword" label={t("account.initPassword")} hint={t("account.initPasswordHint")} error={errorOf("initPassword")}>
            <PasswordInput {...bind("initPassword")} autoComplete="off" />
          </Field>
        )}
        <Failure error={create.error} />
        <Button type="submit" variant="primary" size="large" busy={create.isPending}>
          {t("account.create")}
        </Button>
      </form>
    </AccountFrame>
  );
}

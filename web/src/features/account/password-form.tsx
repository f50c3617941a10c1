import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { isApiError } from "@/api/http";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Field, fieldProps } from "@/ui/field";
import { showToast } from "@/ui/toast";
import { PasswordInput } from "./password-input";
import { ownSessionsQuery, profileQuery, type Profile } from "./profile-query";
import { newPasswordProblem, repeatProblem } from "./rules";

const EMPTY = { current: "", fresh: "", repeated: "" };

/** Another password: the current one where there is one, the new one twice. */
export function PasswordForm({ profile }: { profile: Profile }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const ids = { current: useId(), fresh: useId(), repeated: useId() };
  const [form, setForm] = useState(EMPTY);
  const [submitted, setSubmitted] = useState(false);
  const change = useMutation({
    mutationFn: () => call(api.PUT("/account/password", { body: { password: form.current, new_password: form.fresh } })),
    onSuccess: async () => {
      setForm(EMPTY);
      setSubmitted(false);
      showToast("ok", t("profile.passwordChanged"));
      await Promise.all([queries.invalidateQueries({ queryKey: ownSessionsQuery.queryKey }), queries.invalidateQueries({ queryKey: profileQuery.queryKey })]);
    },
  });
  const problems = {
    current: profile.has_password && form.current === "" ? ("passwordRequired" as const) : null,
    fresh: newPasswordProblem(form.fresh),
    repeated: repeatProblem(form.fresh, form.repeated),
  };
  const wrong = change.isError && isApiError(change.error, 400) && change.error.code === "wrong_password";
  const errorOf = (field: keyof typeof problems) => {
    const problem = problems[field];
    if (submitted && problem !== null) return t(`account.problems.${problem}`);
    return field === "current" && wrong ? errorText(change.error) : undefined;
  };
  const bind = (field: keyof typeof form) => ({
    ...fieldProps(ids[field], errorOf(field)),
    value: form[field],
    onChange: (event: { target: { value: string } }) => {
      if (field === "current") change.reset();
      setForm({ ...form, [field]: event.target.value });
    },
  });
  return (
    <form
      noValidate
      className="flex max-w-120 flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        setSubmitted(true);
        if (Object.values(problems).every((problem) => problem === null)) change.mutate();
      }}
    >
      <input type="text" hidden autoComplete="username" readOnly value={profile.email} />
      {profile.has_password && (
        <Field id={ids.current} label={t("profile.currentPassword")} error={errorOf("current")}>
          <PasswordInput {...bind("current")} autoComplete="current-password" />
        </Field>
      )}
      <Field id={ids.fresh} label={t("profile.newPassword")} hint={t("account.passwordRule")} error={errorOf("fresh")}>
        <PasswordInput {...bind("fresh")} autoComplete="new-password" />
      </Field>
      <Field id={ids.repeated} label={t("profile.repeatPassword")} error={errorOf("repeated")}>
        <PasswordInput {...bind("repeated")} autoComplete="new-password" />
      </Field>
      {change.isError && !wrong && (
        <p role="alert" className="text-danger">
          {errorText(change.error)}
        </p>
      )}
      <div className="flex flex-wrap items-center gap-3">
        <Button type="submit" busy={change.isPending}>
          {t("profile.changePassword")}
        </Button>
        <span className="text-12 text-muted">{t("profile.passwordEnds")}</span>
      </div>
    </form>
  );
}

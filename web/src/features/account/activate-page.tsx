import { useMutation, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call, type Schemas } from "@/api/client";
import { isApiError } from "@/api/http";
import { useErrorText } from "@/i18n/errors";
import { chooseLanguage, LANGUAGES, languageFor } from "@/i18n/i18n";
import { Button, buttonClass } from "@/ui/button";
import { Combobox } from "@/ui/combobox";
import { Skeleton } from "@/ui/empty";
import { Field, fieldProps, TextInput } from "@/ui/field";
import { Select } from "@/ui/select";
import { browserZone } from "@/ui/time-zone";
import { AccountFrame } from "./account-frame";
import { Failure } from "./failure";
import { accountTag } from "./languages";
import { PasswordInput } from "./password-input";
import { nameProblem, newPasswordProblem } from "./rules";
import { sessionQuery } from "./session";
import { zoneOptions } from "./time-zones";

type Invitation = Schemas["InvitationDetail"];

interface ActivatePageProps {
  token: string;
  /** Somebody has joined and is signed in: the page is loaded anew, for nothing that it knows holds any more. */
  onDone: () => void;
}

/** What the link of an invitation opens: a new account, or the way in for one that is there. */
export function ActivatePage({ token, onDone }: ActivatePageProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const session = useQuery(sessionQuery);
  const invitation = useQuery({
    queryKey: ["invitation", token],
    queryFn: ({ signal }) => call(api.POST("/activation/validity", { body: { token }, signal })),
    staleTime: Infinity,
  });
  if (invitation.isError) {
    return (
      <AccountFrame title={t("account.activate.title")} text="">
        <p role="alert" className="text-danger">
          {errorText(invitation.error)}
        </p>
        <a href="/signin" className={buttonClass("plain", "large", "mt-6 w-full")}>
          {t("account.toSignIn")}
        </a>
      </AccountFrame>
    );
  }
  if (!invitation.isSuccess || session.isPending) {
    return (
      <AccountFrame title={t("account.activate.title")} text="">
        <Skeleton className="h-60 w-full" />
      </AccountFrame>
    );
  }
  const { inviter_name, workspace_name, role, email, has_account } = invitation.data;
  const as = t(`members.roles.${role}.name`);
  const text =
    inviter_name === null
      ? t("account.activate.invited", { workspace: workspace_name, role: as })
      : t("account.activate.invitedBy", { inviter: inviter_name, workspace: workspace_name, role: as });
  const signedIn = session.data?.account?.email === email;
  return (
    <AccountFrame title={t("account.activate.join", { workspace: workspace_name })} text={text}>
      {signedIn ? (
        <JoinAtOnce token={token} email={email} onDone={onDone} />
      ) : has_account ? (
        <JoinWithPassword token={token} email={email} onDone={onDone} />
      ) : (
        <NewAccount token={token} invitation={invitation.data} onDone={onDone} />
      )}
    </AccountFrame>
  );
}

interface JoinProps extends ActivatePageProps {
  email: string;
}

function JoinAtOnce({ token, email, onDone }: JoinProps) {
  const { t } = useTranslation();
  const join = useMutation({ mutationFn: () => call(api.POST("/activation/join", { body: { token } })), onSuccess: onDone });
  return (
    <div className="flex flex-col gap-4">
      <p className="text-14">{t("account.activate.signedInAs", { email })}</p>
      <Failure error={join.error} />
      <Button variant="primary" size="large" busy={join.isPending} onClick={() => join.mutate()}>
        {t("account.activate.accept")}
      </Button>
    </div>
  );
}

function JoinWithPassword({ token, email, onDone }: JoinProps) {
  const { t } = useTranslation();
  const [password, setPassword] = useState("");
  const [submitted, setSubmitted] = useState(false);
  const join = useMutation({ mutationFn: () => signInAndJoin(token, email, password), onSuccess: onDone });
  const error = submitted && password === "" ? t("account.problems.passwordRequired") : undefined;
  return (
    <form
      noValidate
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        setSubmitted(true);
        if (password !== "") join.mutate();
      }}
    >
      <p className="text-14">{t("account.activate.hasAccount")}</p>
      <Address email={email} />
      <Field id="password" label={t("account.password")} error={error}>
        <PasswordInput {...fieldProps("password", error)} autoComplete="current-password" value={password} onChange={(event) => setPassword(event.target.value)} />
      </Field>
      <Failure error={join.error} />
      <Button type="submit" variant="primary" size="large" busy={join.isPending}>
        {t("account.activate.accept")}
      </Button>
    </form>
  );
}

/** The new workspace is then the one looked at. An account without any workspace cannot sign in before it has joined. */
async function signInAndJoin(token: string, email: string, password: string): Promise<void> {
  const signIn = () => call(api.POST("/signin", { body: { email, password } }));
  try {
    await signIn();
  } catch (error) {
    if (!isApiError(error, 403) || error.code !== "account_not_link_tenant") throw error;
    await call(api.POST("/activation", { body: { token, password } }));
    await signIn();
    return;
  }
  await call(api.POST("/activation/join", { body: { token } }));
}

function NewAccount({ token, invitation: { email }, onDone }: ActivatePageProps & { invitation: Invitation }) {
  const { t, i18n } = useTranslation();
  const language = languageFor(i18n.language) ?? "en";
  const [form, setForm] = useState({ name: "", password: "" });
  const [timezone, setTimezone] = useState(browserZone);
  const [submitted, setSubmitted] = useState(false);
  const zones = useMemo(() => zoneOptions(), []);
  const create = useMutation({
    mutationFn: async () => {
      const { name, password } = form;
      await call(api.POST("/activation", { body: { token, name: name.trim(), password, interface_language: accountTag(language), timezone } }));
      await call(api.POST("/signin", { body: { email, password } }));
    },
    onSuccess: onDone,
  });
  const problems = { name: nameProblem(form.name), password: newPasswordProblem(form.password) };
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
    <form
      noValidate
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        setSubmitted(true);
        if (problems.name === null && problems.password === null) create.mutate();
      }}
    >
      <Address email={email} />
      <Field id="name" label={t("account.name")} error={errorOf("name")}>
        <TextInput {...bind("name")} autoComplete="name" />
      </Field>
      <Field id="password" label={t("account.password")} hint={t("account.passwordRule")} error={errorOf("password")}>
        <PasswordInput {...bind("password")} autoComplete="new-password" />
      </Field>
      <Field id="language" label={t("preferences.language")}>
        <Select
          id="language"
          value={language}
          onChange={(tag) => void chooseLanguage(tag)}
          options={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))}
        />
      </Field>
      <Field id="timezone" label={t("profile.timeZone")}>
        <Combobox id="timezone" label={t("profile.timeZone")} options={zones} value={timezone} onChange={setTimezone} />
      </Field>
      <Failure error={create.error} />
      <Button type="submit" variant="primary" size="large" busy={create.isPending}>
        {t("account.create")}
      </Button>
    </form>
  );
}

function Address({ email }: { email: string }) {
  const { t } = useTranslation();
  return (
    <Field id="email" label={t("account.email")}>
      <TextInput id="email" type="email" autoComplete="username" readOnly value={email} className="bg-sunken!" />
    </Field>
  );
}

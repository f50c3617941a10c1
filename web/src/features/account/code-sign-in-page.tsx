import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { languageFor } from "@/i18n/i18n";
import { Button } from "@/ui/button";
import { Skeleton } from "@/ui/empty";
import { Field, TextInput } from "@/ui/field";
import { browserZone } from "@/ui/time-zone";
import { AccountFrame } from "./account-frame";
import { AddressStep } from "./address-step";
import { CodeStep } from "./code-step";
import { systemFeaturesQuery } from "./features-query";
import { accountTag } from "./languages";
import { MAX_NAME } from "./rules";
import { refreshSession } from "./session";
import { ToSignIn } from "./to-sign-in";

interface CodeSignInPageProps {
  /** Whether somebody without an account is at the page. */
  newcomer: boolean;
  onDone: () => void;
}

/** Signs in, or up, with a code by mail. */
export function CodeSignInPage({ newcomer, onDone }: CodeSignInPageProps) {
  const { t, i18n } = useTranslation();
  const queries = useQueryClient();
  const features = useQuery(systemFeaturesQuery);
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [token, setToken] = useState<string | null>(null);
  const language = accountTag(languageFor(i18n.language) ?? "en");
  const send = async (address: string) => {
    const sent = await call(api.POST("/signin/code", { body: { email: address, interface_language: language } }));
    setEmail(address);
    setToken(sent.token);
  };
  const enter = async (code: string) => {
    if (token === null) return;
    await call(api.POST("/signin/code/validity", { body: { token, code, name: name.trim() === "" ? null : name.trim(), interface_language: language, timezone: browserZone() } }));
    await refreshSession(queries);
    onDone();
  };
  const page = newcomer ? "register" : "signIn";
  const possible = newcomer ? features.data?.is_allow_register : features.data?.enable_email_code_login;
  return (
    <AccountFrame title={t(`proofs.${page}.title`)} text={t(`proofs.${page}.text`)}>
      {features.isPending && <Skeleton className="h-40 w-full" />}
      {possible === false && <p>{t("proofs.closed")}</p>}
      {possible === true && token === null && (
        <AddressStep label={t("account.email")} initial={email} send={send}>
          {newcomer && (
            <Field id="name" label={t("proofs.signIn.name")} optional>
              <TextInput id="name" autoComplete="name" maxLength={MAX_NAME} value={name} onChange={(event) => setName(event.target.value)} />
            </Field>
          )}
        </AddressStep>
      )}
      {token !== null && (
        <>
          <CodeStep text={t("proofs.codeSent", { email })} action={t(newcomer ? "account.create" : "account.signIn")} again={() => send(email)} give={enter} />
          <Button className="mt-2 w-full" onClick={() => setToken(null)}>
            {t("proofs.otherAddress")}
          </Button>
        </>
      )}
      <ToSignIn />
    </AccountFrame>
  );
}

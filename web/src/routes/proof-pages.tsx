import { getRouteApi, useRouter } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { CodeSignInPage } from "@/features/account/code-sign-in-page";
import { rememberNotice } from "@/features/account/notice";
import { ResetPasswordPage } from "@/features/account/reset-password-page";
import { safeReturn } from "@/features/account/session";

const codeSignIn = getRouteApi("/signin/code");

export function CodeSignInRoute() {
  const { return: back } = codeSignIn.useSearch();
  const router = useRouter();
  return <CodeSignInPage newcomer={false} onDone={() => router.history.push(safeReturn(back))} />;
}

export function SignUpRoute() {
  const router = useRouter();
  return <CodeSignInPage newcomer onDone={() => router.history.push("/")} />;
}

export function ResetPasswordRoute() {
  const { t } = useTranslation();
  const router = useRouter();
  const done = () => {
    rememberNotice(t("proofs.reset.done"));
    router.history.push("/signin");
  };
  return <ResetPasswordPage onDone={done} />;
}

import { getRouteApi, useRouter } from "@tanstack/react-router";
import { safeReturn } from "@/features/account/session";
import { SetupPage } from "@/features/account/setup-page";
import { SignInPage } from "@/features/account/sign-in-page";

const signIn = getRouteApi("/signin");

export function SignInRoute() {
  const { return: back, problem } = signIn.useSearch();
  const router = useRouter();
  return <SignInPage back={back} problem={problem} onDone={() => router.history.push(safeReturn(back))} />;
}

export function SetupRoute() {
  const router = useRouter();
  return <SetupPage onDone={() => router.history.push("/")} />;
}

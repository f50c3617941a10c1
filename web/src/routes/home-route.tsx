import { getRouteApi } from "@tanstack/react-router";
import { FirstPage, HomePage } from "@/features/apps/home-page";

const route = getRouteApi("/");

export function HomeRoute() {
  const { session } = route.useRouteContext();
  return session.account === null ? <FirstPage /> : <HomePage account={session.account} />;
}

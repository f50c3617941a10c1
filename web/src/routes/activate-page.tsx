import { getRouteApi } from "@tanstack/react-router";
import { ActivatePage } from "@/features/account/activate-page";

const activate = getRouteApi("/activate");

export function ActivateRoute() {
  const { token = "" } = activate.useSearch();
  return <ActivatePage token={token} onDone={() => window.location.assign("/")} />;
}

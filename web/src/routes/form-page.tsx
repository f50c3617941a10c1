import { getRouteApi } from "@tanstack/react-router";
import { FormPage } from "@/features/human-input/form-page";

const route = getRouteApi("/form/$token");

export function FormRoute() {
  const { token } = route.useParams();
  return <FormPage key={token} token={token} />;
}

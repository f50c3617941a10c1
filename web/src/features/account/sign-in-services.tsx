import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { buttonClass } from "@/ui/button";

/** Why a sign-in by a service came to nothing, as the server puts it into the address. */
const PROBLEMS = ["service_failed", "denied", "expired", "no_address", "not_registered", "closed", "no_workspace", "of_another"] as const;

/** Buttons that lead to the services that say who one is. */
export function SignInServices({ services, back }: { services: readonly Schemas["SignInService"][]; back: string | undefined }) {
  const { t } = useTranslation();
  return services.map(({ id, name }) => (
    <a key={id} href={addressOf(id, { back })} className={buttonClass("plain", "large", "mt-3 w-full")}>
      {t("account.withService", { name })}
    </a>
  ));
}

/** What a service that one came back from could not do. */
export function ServiceProblem({ problem }: { problem: string | undefined }) {
  const { t } = useTranslation();
  const known = PROBLEMS.find((each) => each === problem);
  if (known === undefined) return null;
  return (
    <p role="alert" className="mb-4 rounded-control bg-danger-soft px-3 py-2 text-danger">
      {t(`account.serviceProblems.${known}`)}
    </p>
  );
}

/** Where a sign-in by a service begins; with `link`, to link it with one's account. */
export function addressOf(service: string, { back, link = false }: { back?: string | undefined; link?: boolean }): string {
  const query = new URLSearchParams({ ...(back === undefined ? {} : { back }), ...(link ? { link: "true" } : {}) });
  return `/console/api/oauth/login/${encodeURIComponent(service)}${query.size > 0 ? `?${query.toString()}` : ""}`;
}

import { CircleAlert, CircleCheck, UserCheck } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { CopyButton } from "@/ui/copy-button";
import { TextInput } from "@/ui/field";

type Result = Schemas["InvitationResult"];

/** What became of each address; links to pass on where no mail carries them. */
export function InviteResults({ results }: { results: readonly Result[] }) {
  const { t } = useTranslation();
  const links = results.filter((result) => result.link !== null);
  return (
    <div className="flex flex-col gap-4">
      {links.length > 0 && (
        <div className="flex items-start justify-between gap-3">
          <p className="text-muted">{t("members.invite.passOn")}</p>
          {links.length > 1 && <CopyButton label={t("members.invite.copyAll")} text={() => links.map(({ email, link }) => `${email} ${link ?? ""}`).join("\n")} />}
        </div>
      )}
      <ul aria-label={t("members.invite.done")} className="flex flex-col gap-3">
        {results.map((result) => (
          <li key={result.email} className="flex items-start gap-2">
            <Mark result={result} />
            <div className="min-w-0 flex-1">
              <p className="truncate font-medium">{result.email}</p>
              <p className={result.result === "failed" ? "text-12 text-danger" : "text-12 text-muted"}>
                <Saying result={result} />
              </p>
              {result.link !== null && (
                <div className="mt-1 flex items-center gap-1">
                  <TextInput readOnly aria-label={t("members.invite.linkFor", { email: result.email })} value={result.link} onFocus={(event) => event.target.select()} />
                  <CopyButton label={t("members.invite.copyFor", { email: result.email })} text={result.link} />
                </div>
              )}
            </div>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Mark({ result }: { result: Result }) {
  const look = { size: 16, strokeWidth: 1.5, "aria-hidden": true } as const;
  if (result.result === "failed") return <CircleAlert {...look} className="mt-0.5 shrink-0 text-danger" />;
  if (result.result === "member") return <UserCheck {...look} className="mt-0.5 shrink-0 text-muted" />;
  return <CircleCheck {...look} className="mt-0.5 shrink-0 text-ok" />;
}

function Saying({ result: { result, link, reason } }: { result: Result }) {
  const { t } = useTranslation();
  if (result === "member") return t("members.invite.already");
  if (result === "failed") return reason ?? t("errors.unknown");
  if (link === null) return t("members.invite.mailed");
  return reason === null ? t("members.invite.linked") : t("members.invite.notMailed");
}

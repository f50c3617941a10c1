import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Skeleton } from "@/ui/empty";
import { AvatarField } from "./avatar-field";
import { EndOfAccount } from "./end-of-account";
import { systemFeaturesQuery } from "./features-query";
import { IntegrationList } from "./integration-list";
import { PasswordForm } from "./password-form";
import { ProfileForm } from "./profile-form";
import { profileQuery } from "./profile-query";
import { SessionList } from "./session-list";

/** One's own account. */
export default function AccountSection() {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const profile = useQuery(profileQuery);
  const mails = useQuery(systemFeaturesQuery).data?.is_email_setup === true;
  if (profile.isError) {
    return (
      <div role="alert" className="flex items-center gap-3 text-danger">
        {errorText(profile.error)}
        <Button size="small" onClick={() => void profile.refetch()}>
          {t("common.retry")}
        </Button>
      </div>
    );
  }
  if (!profile.isSuccess) return <Skeleton className="h-60 w-full" />;
  return (
    <div className="flex flex-col gap-10">
      <div className="flex flex-col gap-6">
        <AvatarField profile={profile.data} />
        <ProfileForm profile={profile.data} movable={mails} />
      </div>
      <div>
        <h3 className="mb-4 text-16 font-semibold">{t("account.password")}</h3>
        <PasswordForm profile={profile.data} />
      </div>
      <IntegrationList />
      <SessionList />
      <EndOfAccount email={profile.data.email} possible={mails} />
    </div>
  );
}

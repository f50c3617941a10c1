import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useErrorText } from "@/i18n/errors";
import { Skeleton } from "@/ui/empty";
import { EntryDrawer, type EntryProps } from "./entry-drawer";
import { LoggedMessages } from "./logged-messages";
import { messageQuery } from "./logs-query";

/** One text that a completion app wrote. */
export function TextDrawer(props: EntryProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const message = useQuery(messageQuery(props.appId, props.id));
  return (
    <EntryDrawer {...props} kind="messages" title={t("logs.texts")}>
      {message.isError && (
        <p role="alert" className="text-danger">
          {errorText(message.error)}
        </p>
      )}
      {message.isPending && <Skeleton className="h-60 w-full" />}
      {message.isSuccess && <LoggedMessages appId={props.appId} messages={[message.data]} annotatable={false} />}
    </EntryDrawer>
  );
}

import { useQueryClient } from "@tanstack/react-query";
import { appQuery } from "@/features/apps/apps-query";
import { useErrorText } from "@/i18n/errors";
import { showToast } from "@/ui/toast";

/** Changes the app, and reads it anew; false when the server refused, which is told. */
export function useAppChange(appId: string): (work: Promise<unknown>) => Promise<boolean> {
  const queries = useQueryClient();
  const errorText = useErrorText();
  return async (work) => {
    try {
      await work;
      await queries.invalidateQueries({ queryKey: appQuery(appId).queryKey });
      await queries.invalidateQueries({ queryKey: ["app-keys", appId] });
      return true;
    } catch (error) {
      showToast("danger", errorText(error));
      return false;
    }
  };
}

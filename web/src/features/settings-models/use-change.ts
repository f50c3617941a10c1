import { useQueryClient } from "@tanstack/react-query";
import { useErrorText } from "@/i18n/errors";
import { showToast } from "@/ui/toast";

/** Does something to what is set up, and reads it anew. True once it is done; a failure is told in a toast. */
export function useChange(): (work: Promise<unknown>) => Promise<boolean> {
  const queries = useQueryClient();
  const errorText = useErrorText();
  return async (work) => {
    try {
      await work;
      await queries.invalidateQueries({ queryKey: ["models"] });
      return true;
    } catch (error) {
      showToast("danger", errorText(error));
      return false;
    }
  };
}

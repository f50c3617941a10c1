import { useMemo } from "react";
import { useTimeZone } from "@/ui/time-zone";
import { periodOf, startOf } from "./period";

/** When the period of an address begins, for requests; the same until the page is left or the period changes. */
export function useStart(period: string | undefined): string {
  const timeZone = useTimeZone();
  return useMemo(() => startOf(periodOf(period), new Date(), timeZone), [period, timeZone]);
}

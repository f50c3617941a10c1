import { useMemo } from "react";
import { useTimeZone } from "@/ui/time-zone";
import { spanOf, type Span } from "./period";

/** What the period of an address asks for; the same until the page is left or the period changes. */
export function useSpan(period: string | undefined): Span {
  const timeZone = useTimeZone();
  return useMemo(() => spanOf(period, new Date(), timeZone), [period, timeZone]);
}

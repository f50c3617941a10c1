import { useTranslation } from "react-i18next";
import type { AppMode } from "@/api/console";
import { codesOf, eventsOf, type Code, type EventName } from "./codes";
import { parametersOf, type Endpoint, type EndpointId } from "./endpoints";

interface Matching {
  endpoint: (endpoint: Endpoint & { id: EndpointId }) => boolean;
  codes: Code[];
  events: EventName[];
}

/** What of the reference has every word of a search: in addresses, names and texts. */
export function useMatching(mode: AppMode, query: string): Matching {
  const { t } = useTranslation();
  const words = query.toLowerCase().split(/\s+/).filter((word) => word !== "");
  const found = (...texts: string[]) => {
    const text = texts.join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  };
  return {
    endpoint: (endpoint) =>
      found(
        endpoint.method,
        endpoint.path,
        t(`apiReference.endpoints.${endpoint.id}.title`),
        t(`apiReference.endpoints.${endpoint.id}.text`),
        ...parametersOf(endpoint, mode).map(({ name }) => name),
        ...(endpoint.errors ?? []),
      ),
    codes: codesOf(mode).filter((code) => found(code, t(`apiReference.codes.${code}`))),
    events: eventsOf(mode).filter((name) => found(name, t(`apiReference.events.${name}`))),
  };
}

import { createContext, use } from "react";
import type { WebAppClient } from "@/api/webapp";
import type { Parameters, Site } from "@/api/webapp-types";
import type { Visitor } from "./visitor";

export interface WebApp {
  code: string;
  client: WebAppClient;
  site: Site;
  parameters: Parameters;
  visitor: Visitor;
  /** The page is one of the console, which has a frame, a title and a theme menu of its own. */
  inConsole: boolean;
}

export const WebAppContext = createContext<WebApp | null>(null);

/** The published app of this page. Throws outside `WebAppGate`. */
export function useWebApp(): WebApp {
  const app = use(WebAppContext);
  if (app === null) throw new Error("useWebApp needs a WebAppGate around it.");
  return app;
}

import type { Schemas } from "@/api/client";
import { ConversationLog } from "./conversation-log";
import type { LogSearch } from "./log-filter";
import { RunLog } from "./run-log";
import { TextLog } from "./text-log";

export interface LogProps {
  app: Schemas["AppDetail"];
  search: LogSearch;
  onSearch: (search: LogSearch) => void;
}

/** The log of an app: conversations, single texts or runs, as its mode is. */
export function LogsPage(props: LogProps) {
  if (props.app.mode === "workflow") return <RunLog {...props} />;
  return props.app.mode === "completion" ? <TextLog {...props} /> : <ConversationLog {...props} />;
}

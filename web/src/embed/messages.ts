/** What an embedded chat and the page around it say to each other, by `postMessage`. */
export type FromChat =
  /** The chat is there, and would like to know who is around it. */
  | { type: "treadle-chatbot-ready" }
  | { type: "treadle-chatbot-close" }
  /** Larger, or as it was. */
  | { type: "treadle-chatbot-expand" };

/** The answer to `ready`: the chat may offer to close, and where there is room to grow. */
export interface FromPage {
  type: "treadle-chatbot-host";
  expandable: boolean;
}

export function isFromChat(data: unknown): data is FromChat {
  return typeof data === "object" && data !== null && "type" in data && /^treadle-chatbot-(ready|close|expand)$/.test(String(data.type));
}

export function isFromPage(data: unknown): data is FromPage {
  return typeof data === "object" && data !== null && "type" in data && data.type === "treadle-chatbot-host";
}

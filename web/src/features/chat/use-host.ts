import { useEffect, useState } from "react";
import { isFromPage, type FromChat } from "@/embed/messages";

/** The page around an embedded chat, as far as it can do something for it. */
export interface Host {
  close: () => void;
  /** Makes the chat's window larger, or as it was; null where there is no room. */
  expand: (() => void) | null;
}

function tell(message: FromChat): void {
  // Whoever embeds the chat may know that somebody wants to close it.
  window.parent.postMessage(message, "*");
}

const close = () => tell({ type: "treadle-chatbot-close" });
const expand = () => tell({ type: "treadle-chatbot-expand" });

/** The page around this one when it runs the embedding script; null in a plain frame and without any. */
export function useHost(): Host | null {
  const [host, setHost] = useState<Host | null>(null);
  useEffect(() => {
    if (window.parent === window) return;
    const hear = ({ data, source }: MessageEvent<unknown>) => {
      if (source === window.parent && isFromPage(data)) setHost({ close, expand: data.expandable ? expand : null });
    };
    window.addEventListener("message", hear);
    tell({ type: "treadle-chatbot-ready" });
    return () => window.removeEventListener("message", hear);
  }, []);
  return host;
}

import { useEffect, useState } from "react";
import { runTurn } from "@/features/generation/run-turn";
import { NEW_TURN, type Turn } from "@/features/generation/turn";
import { useWebApp } from "@/features/webapp/webapp-context";
import { Result } from "./result";

/** A further result in the manner of the one above. */
export function MoreLikeThis({ messageId, depth }: { messageId: string; depth: number }) {
  const { client } = useWebApp();
  const [turn, setTurn] = useState<Turn>(NEW_TURN);
  useEffect(() => {
    const controller = new AbortController();
    void runTurn(NEW_TURN, {
      open: (signal) => client.moreLikeThis(messageId, signal),
      follow: (taskId, after, signal) => client.follow(taskId, after, signal),
      onChange: (next) => {
        if (!controller.signal.aborted) setTurn(next);
      },
      signal: controller.signal,
    });
    return () => controller.abort();
  }, [client, messageId]);
  return (
    <div className="mt-2 border-l-2 border-line pl-4">
      <Result turn={turn} depth={depth} />
    </div>
  );
}

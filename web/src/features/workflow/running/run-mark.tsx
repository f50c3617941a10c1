import { StatusIcon } from "@/ui/status";
import { formatDuration } from "@/ui/time";
import { useContext, useSyncExternalStore } from "react";
import { RunningContext, wasTaken, type NodeLook } from "./running";

const NOTHING = () => () => undefined;

/** How the last run of a node went; null where nothing ran or nothing is being tried. */
export function useNodeLook(id: string): NodeLook | null {
  const store = useContext(RunningContext);
  return useSyncExternalStore(store?.subscribe ?? NOTHING, () => store?.getState().looks.get(id) ?? null);
}

/** The end of what a node has said while it runs; null while it is silent. */
export function useNodeText(id: string): string | null {
  const store = useContext(RunningContext);
  return useSyncExternalStore(store?.subscribe ?? NOTHING, () => store?.getState().texts.get(id) ?? null);
}

/** Whether the last run went along an edge. */
export function useWasTaken(source: string, target: string): boolean {
  const store = useContext(RunningContext);
  return useSyncExternalStore(store?.subscribe ?? NOTHING, () => store !== null && wasTaken(store.getState().looks, source, target));
}

/** On a card: a turning ring while the node runs, then its time. */
export function RunMark({ look }: { look: NodeLook }) {
  return (
    <span className="flex shrink-0 items-center gap-1 text-12 font-normal text-muted">
      {look.elapsed !== null && <span className="tabular">{formatDuration(look.elapsed)}</span>}
      <StatusIcon status={look.status} />
    </span>
  );
}

/** Below a card: what its node is saying, without a part in the layout of the canvas. */
export function NodeText({ id }: { id: string }) {
  const text = useNodeText(id);
  if (text === null) return null;
  return (
    <div className="workflow-card-said nodrag" aria-hidden>
      <p>{text}</p>
    </div>
  );
}

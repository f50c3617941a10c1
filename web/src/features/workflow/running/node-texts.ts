import type { RunningStore } from "./running";

/** How often cards are drawn again while their nodes speak. */
const EVERY_MS = 100;
/** As many letters as a card has room for. */
const SHOWN = 400;

interface Said {
  event: string;
  data?: { node_id?: string; text?: string };
}

/** Collects what nodes say while they run, for their cards; many pieces make one change of the store. */
export function nodeTexts(running: RunningStore, every = EVERY_MS) {
  const texts = new Map<string, string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const show = () => {
    timer = undefined;
    running.setState({ texts: new Map(texts) });
  };
  const changed = () => {
    timer ??= setTimeout(show, every);
  };
  return {
    /** Whether the frame was nothing but a node's text. */
    hear(frame: string): boolean {
      const [kind] = /"(?:node_text|node_started|node_finished)"/.exec(frame.slice(0, 60)) ?? [];
      if (kind === undefined) return false;
      const { data } = JSON.parse(frame) as Said;
      const id = data?.node_id;
      if (id === undefined) return false;
      if (kind === '"node_text"') {
        texts.set(id, ((texts.get(id) ?? "") + (data?.text ?? "")).slice(-SHOWN));
        changed();
        return true;
      }
      if (texts.delete(id)) changed();
      return false;
    },
    /** Nothing is said any more. */
    end() {
      clearTimeout(timer);
      running.setState({ texts: new Map() });
    },
  };
}

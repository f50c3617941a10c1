import { useEffect, useRef, useState } from "react";
import { csrfToken } from "@/api/client";
import { sendFile } from "@/api/upload";

const AT_ONCE = 3;

export interface Upload {
  key: string;
  file: File;
  /** Of the file that was kept. */
  id: string | null;
  share: number;
  error: unknown;
}

export interface Uploads {
  list: readonly Upload[];
  add: (files: readonly File[]) => void;
  retry: (key: string) => void;
  remove: (key: string) => void;
}

/** Files on their way to the server, some at a time, each with its progress and its error. */
export function useUploads(): Uploads {
  const [list, setList] = useState<readonly Upload[]>([]);
  const running = useRef(new Map<string, AbortController>());
  const change = (key: string, part: Partial<Upload>) => setList((before) => before.map((each) => (each.key === key ? { ...each, ...part } : each)));

  useEffect(() => {
    const waiting = list.filter((each) => each.id === null && each.error === null && !running.current.has(each.key));
    for (const { key, file } of waiting.slice(0, Math.max(0, AT_ONCE - running.current.size))) {
      const controller = new AbortController();
      running.current.set(key, controller);
      const finish = (part: Partial<Upload>) => {
        running.current.delete(key);
        change(key, part);
      };
      sendFile("/console/api/files/upload?source=datasets", { "X-CSRF-Token": csrfToken() }, file, (share) => change(key, { share }), controller.signal).then(
        ({ id }) => finish({ id, share: 1 }),
        (error: unknown) => finish({ error }),
      );
    }
  }, [list]);

  useEffect(() => {
    const sending = running.current;
    return () => sending.forEach((controller) => controller.abort());
  }, []);

  return {
    list,
    add: (files) => setList((before) => [...before, ...files.map((file) => ({ key: crypto.randomUUID(), file, id: null, share: 0, error: null }))]),
    retry: (key) => change(key, { error: null, share: 0 }),
    remove: (key) => {
      running.current.get(key)?.abort();
      setList((before) => before.filter((each) => each.key !== key));
    },
  };
}

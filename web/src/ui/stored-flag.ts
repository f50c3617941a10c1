import { useState } from "react";

/** A switch of the interface that this browser remembers. */
export function useStoredFlag(key: string, initial: boolean): [boolean, (value: boolean) => void] {
  const [value, setValue] = useState(() => {
    const stored = localStorage.getItem(key);
    return stored === null ? initial : stored === "1";
  });
  return [
    value,
    (next) => {
      localStorage.setItem(key, next ? "1" : "0");
      setValue(next);
    },
  ];
}

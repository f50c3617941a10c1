import { useEffect, useEffectEvent, useState } from "react";
import { TextInput } from "@/ui/field";

const PAUSE_MS = 250;

interface SearchFieldProps {
  label: string;
  /** What is searched for. */
  value: string;
  /** Called a moment after typing stopped. */
  onSearch: (keyword: string) => void;
  className?: string;
}

/** A field to search in a list whose address holds the word. */
export function SearchField({ label, value, onSearch, className }: SearchFieldProps) {
  const [typed, setTyped] = useState(value);
  const [shown, setShown] = useState(value);
  // Going back in the history changes the word from outside.
  if (shown !== value) {
    setShown(value);
    if (typed.trim() !== value) setTyped(value);
  }
  const search = useEffectEvent(onSearch);
  useEffect(() => {
    if (typed.trim() === value) return;
    const timer = setTimeout(() => search(typed.trim()), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [typed, value]);
  return <TextInput type="search" className={className} aria-label={label} placeholder={label} value={typed} onChange={(event) => setTyped(event.target.value)} />;
}

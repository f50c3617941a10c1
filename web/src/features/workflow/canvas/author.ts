import { createContext, useContext } from "react";

/** The name of who is editing, for notes. */
export const AuthorContext = createContext("");

export function useAuthor(): string {
  return useContext(AuthorContext);
}

const KEY = "treadle.notice";

/** Keeps a sentence for the sign-in page, which is loaded anew. */
export function rememberNotice(text: string): void {
  sessionStorage.setItem(KEY, text);
}

/** The sentence that was kept, once. */
export function takeNotice(): string | null {
  const text = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  return text;
}

const BYTE_ORDER_MARK = "\uFEFF";

/** A table of chunks to fill in, as spreadsheets open it: the first row is a header. */
export function templateOf(pairs: boolean): string {
  return `${BYTE_ORDER_MARK}${pairs ? "question,answer" : "segment content"}\r\n`;
}

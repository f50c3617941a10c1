const KEPT_MS = 10_000;

/** Lets the browser save what is at `url`; without a name the server's holds. */
export function saveAs(url: string, name = ""): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
}

/** Lets the browser save `content` under `name`. */
export function saveBlob(content: Blob, name: string): void {
  const url = URL.createObjectURL(content);
  saveAs(url, name);
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
}

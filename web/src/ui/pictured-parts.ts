const PICTURE = /!\[([^\]\n]*)\]\(((?:https?:\/\/[^\s()/]+)?\/files\/tools\/[^\s()]+)\)/g;

/** A piece of a text, or with `url` a picture of ours and its description. */
export interface PicturedPart {
  text: string;
  url?: string;
}

/** A text cut at the pictures in it that the server keeps; pictures elsewhere stay as they are written. */
export function picturedParts(text: string): PicturedPart[] {
  const parts: PicturedPart[] = [];
  let end = 0;
  for (const found of text.matchAll(PICTURE)) {
    if (found.index > end) parts.push({ text: text.slice(end, found.index) });
    parts.push({ text: found[1] ?? "", url: found[2] ?? "" });
    end = found.index + found[0].length;
  }
  if (end < text.length) parts.push({ text: text.slice(end) });
  return parts;
}

/** A text with the names of its pictures in their places, where these cannot be shown yet. */
export const namedPictures = (text: string) =>
  picturedParts(text)
    .map((part) => (part.url === undefined ? part.text : `[${part.text}]`))
    .join("");

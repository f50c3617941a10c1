import { picturedParts } from "./pictured-parts";

/** A text as it is, but for the pictures that stand in it by a link of Markdown: these are shown. */
export function PicturedText({ text }: { text: string }) {
  return picturedParts(text).map((part, at) =>
    part.url === undefined ? (
      part.text
    ) : (
      <img key={at} src={part.url} alt={part.text} loading="lazy" className="my-1 max-h-60 max-w-full rounded-card border border-line" />
    ),
  );
}

import { CopyButton } from "@/ui/copy-button";

/** An address to copy. */
export function Address({ url }: { url: string }) {
  return (
    <p className="flex w-full min-w-0 items-center gap-1 rounded-control bg-sunken py-0.5 pr-1 pl-2.5">
      <span className="min-w-0 flex-1 truncate font-mono text-12">{url}</span>
      <CopyButton text={url} />
    </p>
  );
}

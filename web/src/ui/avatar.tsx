import clsx from "clsx";
import { Avatar as Radix } from "radix-ui";

interface AvatarProps {
  name: string;
  imageUrl?: string | null;
  size?: "small" | "normal" | "large";
}

const SIZES = { small: "size-5 text-[10px]", normal: "size-7 text-12", large: "size-16 text-20" };

/** A person's picture, or the first letter of the name until there is one. */
export function Avatar({ name, imageUrl = null, size = "normal" }: AvatarProps) {
  return (
    <Radix.Root
      aria-hidden
      className={clsx("inline-flex shrink-0 items-center justify-center overflow-hidden rounded-full bg-accent-soft font-semibold text-accent", SIZES[size])}
    >
      {imageUrl !== null && imageUrl !== "" && <Radix.Image src={imageUrl} alt="" className="size-full object-cover" />}
      <Radix.Fallback>{initialOf(name)}</Radix.Fallback>
    </Radix.Root>
  );
}

function initialOf(name: string): string {
  const first = name.trim().codePointAt(0);
  return first === undefined ? "?" : String.fromCodePoint(first).toUpperCase();
}

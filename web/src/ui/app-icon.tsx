import clsx from "clsx";
import { useState } from "react";

interface AppIconProps {
  name: string;
  icon: string | null;
  background: string | null;
  imageUrl?: string | null;
  size?: "small" | "normal" | "large";
}

const SIZES = { small: "size-6 rounded-control text-14", normal: "size-9 rounded-card text-20", large: "size-12 rounded-card text-28" };
const HEX = /^#[0-9a-f]{3,8}$/i;

/** An app's emoji on its colour, its picture, or its first letter. */
export function AppIcon({ name, icon, background, imageUrl = null, size = "normal" }: AppIconProps) {
  const [lost, setLost] = useState<string | null>(null);
  const box = clsx("inline-flex shrink-0 items-center justify-center overflow-hidden", SIZES[size]);
  if (imageUrl !== null && imageUrl !== "" && imageUrl !== lost) {
    return <img src={imageUrl} alt="" onError={() => setLost(imageUrl)} className={clsx(box, "object-cover")} />;
  }
  const emoji = icon !== null && icon !== "" && !/^[\w-]{3,}$/.test(icon);
  const style = background !== null && HEX.test(background) ? { backgroundColor: background } : undefined;
  return (
    <span aria-hidden className={clsx(box, "text-[oklch(0.25_0.02_70)]", style === undefined && "bg-[oklch(0.94_0.025_272)]")} style={style}>
      {emoji ? icon : <span className="text-[0.8em] font-semibold text-[oklch(0.35_0.12_272)]">{name.slice(0, 1).toUpperCase()}</span>}
    </span>
  );
}

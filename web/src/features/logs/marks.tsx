import { ThumbsDown, ThumbsUp } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Badge } from "@/ui/badge";

/** A dot at what nobody has opened yet. */
export function Unread({ at }: { at: number | null }) {
  const { t } = useTranslation();
  if (at !== null) return null;
  return <span role="img" aria-label={t("logs.unread")} title={t("logs.unread")} className="inline-block size-2 shrink-0 rounded-full bg-accent" />;
}

export function Annotated({ on }: { on: boolean }) {
  const { t } = useTranslation();
  return on ? <Badge tone="accent">{t("logs.marked")}</Badge> : null;
}

/** How many liked and disliked; a dash when nobody said anything. */
export function Ratings({ like, dislike }: { like: number; dislike: number }) {
  if (like + dislike === 0) return <span className="text-muted">–</span>;
  return (
    <span className="inline-flex items-center gap-2">
      {like > 0 && (
        <span className="inline-flex items-center gap-1 text-ok">
          <ThumbsUp aria-hidden size={14} strokeWidth={1.5} />
          {like}
        </span>
      )}
      {dislike > 0 && (
        <span className="inline-flex items-center gap-1 text-danger">
          <ThumbsDown aria-hidden size={14} strokeWidth={1.5} />
          {dislike}
        </span>
      )}
    </span>
  );
}

export const ratingCount = (rating: "like" | "dislike" | null) => ({ like: Number(rating === "like"), dislike: Number(rating === "dislike") });

/** What a key of an app is called: its name, or its last letters. */
export const keyName = (key: { name: string; last_characters: string }) => (key.name === "" ? `app-…${key.last_characters}` : key.name);

/** An end user's id, or a member by name. */
export function Person({ name, member }: { name: string | null; member: boolean }) {
  const { t } = useTranslation();
  if (name === null) return <span className="text-muted">–</span>;
  return (
    <span className="inline-flex max-w-full items-center gap-1.5">
      <span className="truncate">{name}</span>
      {member && <Badge>{t("logs.member")}</Badge>}
    </span>
  );
}

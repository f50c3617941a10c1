import { useQueryClient } from "@tanstack/react-query";
import { ThumbsDown, ThumbsUp } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { IconButton } from "@/ui/button";
import { showToast } from "@/ui/toast";
import { logKey, type LogMessage } from "./logs-query";

type Rating = "like" | "dislike";

/** What the user thinks of an answer, and what the builders do; a second press takes it back. */
export function MessageRating({ appId, message }: { appId: string; message: LogMessage }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const [rating, setRating] = useState<Rating | null>(message.admin_feedback?.rating ?? null);
  const rate = async (pressed: Rating) => {
    const before = rating;
    const next = before === pressed ? null : pressed;
    setRating(next);
    try {
      await call(api.POST("/apps/{app_id}/feedbacks", { params: { path: { app_id: appId } }, body: { message_id: message.id, rating: next } }));
      await queries.invalidateQueries({ queryKey: logKey(appId) });
    } catch (error) {
      setRating(before);
      showToast("danger", errorText(error));
    }
  };
  const user = message.user_feedback;
  return (
    <>
      {user !== null && (
        <span className="inline-flex items-center gap-1.5 text-12 text-muted">
          {user.rating === "like" ? <ThumbsUp aria-hidden size={14} className="text-ok" /> : <ThumbsDown aria-hidden size={14} className="text-danger" />}
          {t(user.rating === "like" ? "logs.likedBy" : "logs.dislikedBy")}
          {user.content !== null && user.content !== "" && <span>{t("logs.comment", { text: user.content })}</span>}
        </span>
      )}
      <span className="inline-flex">
        <IconButton label={t("logs.like")} aria-pressed={rating === "like"} active={rating === "like"} onClick={() => void rate("like")}>
          <ThumbsUp size={16} strokeWidth={1.5} fill={rating === "like" ? "currentColor" : "none"} />
        </IconButton>
        <IconButton label={t("logs.dislike")} aria-pressed={rating === "dislike"} active={rating === "dislike"} onClick={() => void rate("dislike")}>
          <ThumbsDown size={16} strokeWidth={1.5} fill={rating === "dislike" ? "currentColor" : "none"} />
        </IconButton>
      </span>
    </>
  );
}

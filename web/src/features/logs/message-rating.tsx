import { useQueryClient } from "@tanstack/react-query";
import { ThumbsDown, ThumbsUp } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { RatingButtons } from "@/features/webapp/rating-buttons";
import { logKey, type LogMessage } from "./logs-query";

/** What the user thinks of an answer, and what the builders do. */
export function MessageRating({ appId, message }: { appId: string; message: LogMessage }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { user_feedback: user, admin_feedback: admin } = message;
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
        <RatingButtons
          rating={admin?.rating ?? null}
          onRate={async (rating, reason) => {
            await call(api.POST("/apps/{app_id}/feedbacks", { params: { path: { app_id: appId } }, body: { message_id: message.id, rating, content: reason ?? null } }));
            await queries.invalidateQueries({ queryKey: logKey(appId) });
          }}
        />
      </span>
      {admin?.content != null && admin.content !== "" && <span className="text-12 text-muted">{t("logs.comment", { text: admin.content })}</span>}
    </>
  );
}

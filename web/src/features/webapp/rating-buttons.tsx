import { ThumbsDown, ThumbsUp } from "lucide-react";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Rating } from "@/api/webapp-types";
import { useErrorText } from "@/i18n/errors";
import { Button, IconButton } from "@/ui/button";
import { TextArea } from "@/ui/field";
import { Popover } from "@/ui/popover";
import { showToast } from "@/ui/toast";

interface RatingProps {
  rating: Rating | null;
  onRate: (rating: Rating | null, reason?: string) => Promise<unknown>;
}

/** Like and dislike; a second press withdraws. A dislike may carry a reason. */
export function RatingButtons({ rating: stored, onRate }: RatingProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const [rating, setRating] = useState(stored);

  const rate = (next: Rating | null, reason?: string) => {
    const before = rating;
    setRating(next);
    onRate(next, reason).catch((error: unknown) => {
      setRating(before);
      showToast("danger", errorText(error));
    });
  };

  return (
    <>
      <IconButton
        label={t("chat.like")}
        aria-pressed={rating === "like"}
        active={rating === "like"}
        onClick={() => rate(rating === "like" ? null : "like")}
      >
        <ThumbsUp size={16} strokeWidth={1.5} fill={rating === "like" ? "currentColor" : "none"} />
      </IconButton>
      {rating === "dislike" ? (
        <DislikeMenu onReason={(reason) => rate("dislike", reason)} onWithdraw={() => rate(null)} />
      ) : (
        <IconButton label={t("chat.dislike")} aria-pressed={false} onClick={() => rate("dislike")}>
          <ThumbsDown size={16} strokeWidth={1.5} />
        </IconButton>
      )}
    </>
  );
}

function DislikeMenu({ onReason, onWithdraw }: { onReason: (reason: string) => void; onWithdraw: () => void }) {
  const { t } = useTranslation();
  const id = useId();
  const [reason, setReason] = useState("");
  const [sent, setSent] = useState(false);
  return (
    <Popover
      label={t("chat.dislike")}
      trigger={
        <IconButton label={t("chat.disliked")} aria-pressed active>
          <ThumbsDown size={16} strokeWidth={1.5} fill="currentColor" />
        </IconButton>
      }
    >
      {sent ? (
        <p role="status">{t("chat.reasonSent")}</p>
      ) : (
        <form
          className="flex flex-col gap-2"
          onSubmit={(event) => {
            event.preventDefault();
            onReason(reason.trim());
            setSent(true);
          }}
        >
          <label htmlFor={id} className="font-medium">
            {t("chat.reason")}
          </label>
          <TextArea id={id} value={reason} maxLength={1000} onChange={(event) => setReason(event.target.value)} />
          <div className="flex justify-between">
            <Button variant="quiet" onClick={onWithdraw}>
              {t("chat.withdraw")}
            </Button>
            <Button type="submit" variant="primary" disabled={reason.trim() === ""}>
              {t("common.send")}
            </Button>
          </div>
        </form>
      )}
    </Popover>
  );
}

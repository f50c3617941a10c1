import { ThumbsDown, ThumbsUp, type LucideIcon } from "lucide-react";
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

/** Like and dislike. One that is given opens what more can be said about it: why, or to take it back. */
export function RatingButtons({ rating: stored, onRate }: RatingProps) {
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
      <RatingButton kind="like" icon={ThumbsUp} given={rating === "like"} onRate={rate} />
      <RatingButton kind="dislike" icon={ThumbsDown} given={rating === "dislike"} onRate={rate} />
    </>
  );
}

interface RatingButtonProps {
  kind: Rating;
  icon: LucideIcon;
  given: boolean;
  onRate: (rating: Rating | null, reason?: string) => void;
}

function RatingButton({ kind, icon: Icon, given, onRate }: RatingButtonProps) {
  const { t } = useTranslation();
  const [opened, setOpened] = useState(false);
  const press = (wanted: boolean) => {
    if (given || !wanted) setOpened(wanted);
    else onRate(kind);
  };
  return (
    <Popover
      label={t(`chat.${kind}`)}
      open={opened && given}
      onOpenChange={press}
      trigger={
        <IconButton label={t(given ? `chat.${kind}d` : `chat.${kind}`)} aria-pressed={given} active={given}>
          <Icon size={16} strokeWidth={1.5} fill={given ? "currentColor" : "none"} />
        </IconButton>
      }
    >
      <ReasonForm
        question={t(kind === "like" ? "chat.reasonLiked" : "chat.reason")}
        onReason={(reason) => onRate(kind, reason)}
        onWithdraw={() => {
          setOpened(false);
          onRate(null);
        }}
      />
    </Popover>
  );
}

interface ReasonFormProps {
  question: string;
  onReason: (reason: string) => void;
  onWithdraw: () => void;
}

function ReasonForm({ question, onReason, onWithdraw }: ReasonFormProps) {
  const { t } = useTranslation();
  const id = useId();
  const [reason, setReason] = useState("");
  const [sent, setSent] = useState(false);
  if (sent) return <p role="status">{t("chat.reasonSent")}</p>;
  return (
    <form
      className="flex flex-col gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        onReason(reason.trim());
        setSent(true);
      }}
    >
      <label htmlFor={id} className="font-medium">
        {question}
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
  );
}

import { useMutation } from "@tanstack/react-query";
import { ImageUp, Trash2 } from "lucide-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { PictureCrop } from "@/features/apps/picture-crop";
import { MAX_PICTURE_MB, PICTURE_KINDS, sendPicture } from "@/features/apps/picture";
import { useErrorText } from "@/i18n/errors";
import { Avatar } from "@/ui/avatar";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { useProfileWrites, type Profile } from "./profile-query";

/** One's picture: chosen, cut square, shown everywhere beside the name. */
export function AvatarField({ profile }: { profile: Profile }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const input = useRef<HTMLInputElement>(null);
  const { showPicture, removePicture } = useProfileWrites();
  const [file, setFile] = useState<File | null>(null);
  const [unfit, setUnfit] = useState<string | null>(null);
  const send = useMutation({
    mutationFn: async (square: Blob) => showPicture(await sendPicture(square)),
    onSuccess: () => setFile(null),
  });
  const remove = useMutation({ mutationFn: removePicture });
  const take = (chosen: File | undefined) => {
    if (chosen === undefined) return;
    const fits = PICTURE_KINDS.includes(chosen.type) && chosen.size <= MAX_PICTURE_MB * 2 ** 20;
    setUnfit(fits ? null : t("apps.icon.notAPicture", { megabytes: MAX_PICTURE_MB }));
    send.reset();
    setFile(fits ? chosen : null);
  };
  const failure = unfit ?? (remove.isError ? errorText(remove.error) : null);
  return (
    <div className="flex flex-col gap-2">
      <div className="flex items-center gap-4">
        <Avatar name={profile.name} imageUrl={profile.avatar_url} size="large" />
        <div className="flex flex-wrap gap-2">
          <Button icon={<ImageUp size={16} strokeWidth={1.5} />} onClick={() => input.current?.click()}>
            {t("profile.choosePicture")}
          </Button>
          {profile.avatar_url !== null && (
            <Button variant="quiet" icon={<Trash2 size={16} strokeWidth={1.5} />} busy={remove.isPending} onClick={() => remove.mutate()}>
              {t("profile.removePicture")}
            </Button>
          )}
        </div>
      </div>
      <p className="text-12 text-muted">{t("apps.icon.kinds", { megabytes: MAX_PICTURE_MB })}</p>
      {failure !== null && (
        <p role="alert" className="text-danger">
          {failure}
        </p>
      )}
      <input
        ref={input}
        type="file"
        hidden
        aria-label={t("profile.choosePicture")}
        accept={PICTURE_KINDS.join(",")}
        onChange={(event) => {
          take(event.target.files?.[0]);
          event.target.value = "";
        }}
      />
      {file !== null && (
        <Dialog open onOpenChange={(open) => !open && setFile(null)} title={t("profile.cutPicture")}>
          <PictureCrop
            file={file}
            busy={send.isPending}
            onCut={(square) => send.mutate(square)}
            onBroken={() => {
              setFile(null);
              setUnfit(t("apps.icon.broken"));
            }}
            aside={<Button onClick={() => setFile(null)}>{t("common.cancel")}</Button>}
          />
          {send.isError && (
            <p role="alert" className="mt-3 text-danger">
              {errorText(send.error)}
            </p>
          )}
        </Dialog>
      )}
    </div>
  );
}

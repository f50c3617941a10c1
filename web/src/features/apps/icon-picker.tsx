import { ImageUp, Search } from "lucide-react";
import { useEffect, useRef, useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { useErrorText } from "@/i18n/errors";
import { AppIcon } from "@/ui/app-icon";
import { Button } from "@/ui/button";
import { Popover } from "@/ui/popover";
import { Tabs } from "@/ui/tabs";
import { emojiFor, GROUNDS } from "./emoji";
import type { Looks } from "./looks";
import { PictureCrop } from "./picture-crop";
import { MAX_PICTURE_MB, PICTURE_KINDS, sendPicture } from "./picture";

type Icon = Pick<Looks, "icon_type" | "icon" | "icon_background">;

interface IconPickerProps {
  value: Looks;
  onChange: (icon: Icon) => void;
  /** The address of the picture that the icon may be already. */
  pictureUrl?: string | undefined;
  /** Whether it may be a picture of one's own. */
  pictures?: boolean;
}

const COLUMNS = 8;

/** The icon of an app or a knowledge base: an emoji on a ground, or a picture of one's own. */
export function IconPicker({ value, onChange, pictureUrl, pictures = true }: IconPickerProps) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const [tab, setTab] = useState<"emoji" | "picture">("emoji");
  // A picture that was sent is shown from here: the server shows it once the app has it.
  const [sent, setSent] = useState<{ id: string; url: string } | null>(null);
  useEffect(() => () => {
    if (sent !== null) URL.revokeObjectURL(sent.url);
  }, [sent]);
  const shown = (icon: Icon): string | null => {
    if (icon.icon_type !== "image") return null;
    if (sent?.id === icon.icon) return sent.url;
    return pictureUrl === undefined ? null : `${pictureUrl}?file=${encodeURIComponent(icon.icon)}`;
  };
  return (
    <Popover
      open={open}
      onOpenChange={setOpen}
      label={t("apps.icon.choose")}
      className="w-[min(340px,calc(100vw-24px))]"
      trigger={
        <button type="button" aria-label={t("apps.icon.choose")} title={t("apps.icon.choose")} className="rounded-card hover:opacity-80">
          <AppIcon name={value.name} icon={value.icon} background={value.icon_background} imageUrl={shown(value)} size="large" />
        </button>
      }
    >
      <Tabs
        label={t("apps.icon.choose")}
        tabs={[
          { id: "emoji" as const, label: t("apps.icon.emoji") },
          ...(pictures ? [{ id: "picture" as const, label: t("apps.icon.picture") }] : []),
        ]}
        value={tab}
        onChange={setTab}
        className="px-3 pt-1 pb-3"
      >
        {tab === "emoji" ? (
          <EmojiChoice value={value} onChange={onChange} onDone={() => setOpen(false)} />
        ) : (
          <PictureChoice
            onSent={(id, url) => {
              setSent({ id, url });
              onChange({ icon_type: "image", icon: id, icon_background: value.icon_background });
              setOpen(false);
            }}
          />
        )}
      </Tabs>
    </Popover>
  );
}

interface EmojiChoiceProps {
  value: Icon;
  onChange: (icon: Icon) => void;
  onDone: () => void;
}

function EmojiChoice({ value, onChange, onDone }: EmojiChoiceProps) {
  const { t } = useTranslation();
  const [query, setQuery] = useState("");
  const grid = useRef<HTMLDivElement>(null);
  const found = emojiFor(query);
  const ground = GROUNDS.find((colour) => colour === value.icon_background) ?? GROUNDS[0];
  const choose = (icon: string) => {
    onChange({ icon_type: "emoji", icon, icon_background: ground });
    onDone();
  };
  const move = (event: KeyboardEvent<HTMLDivElement>) => {
    const steps: Record<string, number> = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: COLUMNS, ArrowUp: -COLUMNS };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const buttons = [...(grid.current?.querySelectorAll("button") ?? [])];
    const at = buttons.findIndex((button) => button === document.activeElement);
    buttons[Math.min(buttons.length - 1, Math.max(0, at + step))]?.focus();
  };
  return (
    <div className="flex flex-col gap-3 pt-3">
      <label className="flex items-center gap-2 rounded-control border border-line px-2 focus-within:border-accent focus-within:outline-1 focus-within:outline-accent">
        <Search aria-hidden size={14} strokeWidth={1.5} className="text-muted" />
        <input
          aria-label={t("apps.icon.search")}
          placeholder={t("apps.icon.search")}
          className="h-8 min-w-0 flex-1 bg-transparent outline-none placeholder:text-muted/80 pointer-coarse:h-10"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.nativeEvent.isComposing) return;
            event.preventDefault();
            event.stopPropagation();
            if (found[0] !== undefined) choose(found[0].sign);
          }}
        />
      </label>
      <div ref={grid} role="group" aria-label={t("apps.icon.emoji")} onKeyDown={move} className="grid h-45 grid-cols-8 content-start gap-0.5 overflow-y-auto">
        {found.map(({ sign, words }) => (
          <button
            key={sign}
            type="button"
            aria-label={`${sign} ${words.split(" ")[0] ?? ""}`}
            aria-pressed={value.icon === sign}
            onClick={() => choose(sign)}
            className="flex aspect-square items-center justify-center rounded-control text-20 hover:bg-text/8 aria-pressed:bg-accent-soft"
          >
            {sign}
          </button>
        ))}
        {found.length === 0 && <p className="col-span-8 py-6 text-center text-muted">{t("common.nothingFound")}</p>}
      </div>
      <div role="group" aria-label={t("apps.icon.ground")} className="flex flex-wrap gap-1.5">
        {GROUNDS.map((colour, index) => (
          <button
            key={colour}
            type="button"
            aria-label={t("apps.icon.groundNumber", { number: index + 1 })}
            aria-pressed={ground === colour}
            onClick={() => onChange({ ...value, icon_type: "emoji", icon: value.icon_type === "emoji" ? value.icon : "🤖", icon_background: colour })}
            className="size-6.5 rounded-control border border-line-strong/40 aria-pressed:outline-2 aria-pressed:outline-offset-1 aria-pressed:outline-accent pointer-coarse:size-8"
            style={{ backgroundColor: colour }}
          />
        ))}
      </div>
    </div>
  );
}

/** A picture from this machine, cut square and sent. */
function PictureChoice({ onSent }: { onSent: (id: string, url: string) => void }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const input = useRef<HTMLInputElement>(null);
  const [file, setFile] = useState<File | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const take = (chosen: File | undefined) => {
    if (chosen === undefined) return;
    const fits = PICTURE_KINDS.includes(chosen.type) && chosen.size <= MAX_PICTURE_MB * 2 ** 20;
    setError(fits ? null : t("apps.icon.notAPicture", { megabytes: MAX_PICTURE_MB }));
    setFile(fits ? chosen : null);
  };
  const send = async (cut: Blob) => {
    setBusy(true);
    setError(null);
    try {
      onSent(await sendPicture(cut), URL.createObjectURL(cut));
    } catch (failure) {
      setError(errorText(failure));
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="flex flex-col gap-3 pt-3">
      {file === null ? (
        <button
          type="button"
          onClick={() => input.current?.click()}
          onDragOver={(event) => event.preventDefault()}
          onDrop={(event) => {
            event.preventDefault();
            event.stopPropagation();
            take(event.dataTransfer.files[0]);
          }}
          className="flex h-55 flex-col items-center justify-center gap-1 rounded-card border border-dashed border-line-strong px-4 text-center hover:bg-sunken"
        >
          <ImageUp aria-hidden size={20} strokeWidth={1.5} className="mb-1 text-muted" />
          <span className="font-medium">{t("apps.icon.drop")}</span>
          <span className="text-12 text-muted">{t("apps.icon.kinds", { megabytes: MAX_PICTURE_MB })}</span>
        </button>
      ) : (
        <PictureCrop
          file={file}
          busy={busy}
          onCut={(cut) => void send(cut)}
          onBroken={() => {
            setFile(null);
            setError(t("apps.icon.broken"));
          }}
          aside={
            <Button disabled={busy} onClick={() => setFile(null)}>
              {t("apps.icon.other")}
            </Button>
          }
        />
      )}
      <input
        ref={input}
        type="file"
        hidden
        aria-label={t("apps.icon.drop")}
        accept={PICTURE_KINDS.join(",")}
        onChange={(event) => {
          take(event.target.files?.[0]);
          event.target.value = "";
        }}
      />
      {error !== null && (
        <p role="alert" className="text-danger">
          {error}
        </p>
      )}
    </div>
  );
}

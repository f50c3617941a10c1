import { useEffect, useRef, useState, type PointerEvent, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/button";
import { squareOf, SIDE, type Cut } from "./picture";

interface PictureCropProps {
  file: File;
  busy: boolean;
  onCut: (square: Blob) => void;
  /** The file is no picture that a browser can read. */
  onBroken: () => void;
  /** Left of the button that takes the square. */
  aside: ReactNode;
}

const MIDDLE: Cut = { zoom: 1, x: 0.5, y: 0.5 };
const STEP = 0.05;
const MAX_ZOOM = 5;

/** The square of a picture: drag it or use the arrows to move it, the slider to come nearer. */
export function PictureCrop({ file, busy, onCut, onBroken, aside }: PictureCropProps) {
  const { t } = useTranslation();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [picture, setPicture] = useState<ImageBitmap | null>(null);
  const [cut, setCut] = useState(MIDDLE);
  const drag = useRef<{ x: number; y: number } | null>(null);
  const broken = useRef(onBroken);
  useEffect(() => {
    broken.current = onBroken;
  });
  useEffect(() => {
    let gone = false;
    createImageBitmap(file).then(
      (bitmap) => {
        if (gone) bitmap.close();
        else setPicture(bitmap);
      },
      () => {
        if (!gone) broken.current();
      },
    );
    return () => {
      gone = true;
    };
  }, [file]);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (picture === null || context == null) return;
    const { left, top, side } = squareOf(picture.width, picture.height, cut);
    context.clearRect(0, 0, SIDE, SIDE);
    context.imageSmoothingQuality = "high";
    context.drawImage(picture, left, top, side, side, 0, 0, SIDE, SIDE);
  }, [picture, cut]);

  const move = (byX: number, byY: number) => {
    if (picture === null) return;
    setCut((before) => {
      const { left, top, side } = squareOf(picture.width, picture.height, before);
      const middle = { x: (left + side / 2 + byX * side) / picture.width, y: (top + side / 2 + byY * side) / picture.height };
      const next = squareOf(picture.width, picture.height, { ...before, ...middle });
      return { ...before, x: (next.left + next.side / 2) / picture.width, y: (next.top + next.side / 2) / picture.height };
    });
  };
  const onPointerMove = (event: PointerEvent<HTMLCanvasElement>) => {
    const from = drag.current;
    if (from === null) return;
    const width = event.currentTarget.clientWidth;
    move((from.x - event.clientX) / width, (from.y - event.clientY) / width);
    drag.current = { x: event.clientX, y: event.clientY };
  };
  return (
    <div className="flex flex-col gap-3">
      <canvas
        ref={canvas}
        width={SIDE}
        height={SIDE}
        tabIndex={0}
        role="img"
        aria-label={t("apps.icon.cutHint")}
        title={t("apps.icon.cutHint")}
        className="mx-auto size-45 cursor-grab touch-none rounded-card border border-line bg-sunken active:cursor-grabbing"
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          drag.current = { x: event.clientX, y: event.clientY };
        }}
        onPointerMove={onPointerMove}
        onPointerUp={() => {
          drag.current = null;
        }}
        onKeyDown={(event) => {
          const steps: Record<string, [number, number]> = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };
          const step = steps[event.key];
          if (step === undefined) return;
          event.preventDefault();
          move(...step);
        }}
      />
      <label className="flex items-center gap-3 text-12 text-muted">
        {t("apps.icon.zoom")}
        <input
          type="range"
          min={1}
          max={MAX_ZOOM}
          step={0.05}
          value={cut.zoom}
          onChange={(event) => setCut({ ...cut, zoom: Number(event.target.value) })}
          className="min-w-0 flex-1 accent-(--accent)"
        />
      </label>
      <div className="flex justify-between gap-2">
        {aside}
        <Button
          variant="primary"
          busy={busy}
          disabled={picture === null}
          onClick={() => canvas.current?.toBlob((blob) => (blob === null ? onBroken() : onCut(blob)), "image/png")}
        >
          {t("apps.icon.use")}
        </Button>
      </div>
    </div>
  );
}

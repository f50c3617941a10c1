import { csrfToken } from "@/api/client";
import { sendFile } from "@/api/upload";

export const PICTURE_KINDS: readonly string[] = ["image/png", "image/jpeg", "image/webp", "image/gif"];
export const MAX_PICTURE_MB = 10;

/** The side of the square that is kept, in pixels: sharp on every screen, small in every list. */
export const SIDE = 256;

/** Sends a picture to be an icon, and gives its id. Raises ApiError. */
export async function sendPicture(picture: Blob): Promise<string> {
  const file = new File([picture], "icon.png", { type: "image/png" });
  const kept = await sendFile("/console/api/files/upload", { "X-CSRF-Token": csrfToken() }, file, () => undefined, new AbortController().signal);
  return kept.id;
}

export interface Cut {
  /** Of the square's side to the shorter side of the picture: 1 is as much as there is. */
  zoom: number;
  /** Where the square's middle is, as shares of the picture. */
  x: number;
  y: number;
}

/** The square that a cut takes of a picture, in pixels of the picture, and within it. */
export function squareOf(width: number, height: number, { zoom, x, y }: Cut): { left: number; top: number; side: number } {
  const side = Math.min(width, height) / Math.max(1, zoom);
  const within = (middle: number, length: number) => Math.min(length - side, Math.max(0, middle * length - side / 2));
  return { left: within(x, width), top: within(y, height), side };
}

import type { Schemas } from "@/api/client";

type Base = Pick<Schemas["DatasetShown"], "id" | "icon_info">;

export const FIRST_ICON = { icon_type: "emoji" as const, icon: "📚", icon_background: "#E0EAFF" };

/** How a base looks; one without an icon of its own has the first. */
export function iconOf({ id, icon_info }: Base) {
  const picture = icon_info?.icon_type === "image" && icon_info.icon ? icon_info.icon : null;
  return {
    icon: picture === null && icon_info?.icon ? icon_info.icon : FIRST_ICON.icon,
    background: icon_info?.icon_background ?? FIRST_ICON.icon_background,
    imageUrl: picture === null ? (icon_info?.icon_url ?? null) : `${pictureUrlOf(id)}?file=${encodeURIComponent(picture)}`,
  };
}

/** Where the picture of a base is shown. */
export const pictureUrlOf = (id: string) => `/console/api/datasets/${id}/icon`;

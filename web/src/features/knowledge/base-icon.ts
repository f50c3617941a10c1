import type { Schemas } from "@/api/client";

type Base = Pick<Schemas["DatasetShown"], "icon_info">;

export const FIRST_ICON = { icon_type: "emoji" as const, icon: "📚", icon_background: "#E0EAFF" };

/** How a base looks; one without an icon of its own has the first. */
export function iconOf({ icon_info }: Base) {
  const emoji = icon_info?.icon_type !== "image" && icon_info?.icon ? icon_info.icon : null;
  return {
    icon: emoji ?? FIRST_ICON.icon,
    background: icon_info?.icon_background ?? FIRST_ICON.icon_background,
    imageUrl: icon_info?.icon_url ?? null,
  };
}

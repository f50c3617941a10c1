import type { App, AppMode } from "@/api/console";

/** How an app is called and looks, as the dialogs change it. */
export interface Looks {
  name: string;
  description: string;
  icon_type: "emoji" | "image";
  icon: string;
  icon_background: string;
}

const FIRST_ICONS: Record<AppMode, [string, string]> = {
  chat: ["💬", "#E0EAFF"],
  "agent-chat": ["🤖", "#FFEAD5"],
  completion: ["📝", "#FEF3C7"],
  "advanced-chat": ["🧭", "#D5F0FE"],
  workflow: ["⚡", "#D3F8DF"],
};

export function firstLooks(mode: AppMode): Looks {
  const [icon, icon_background] = FIRST_ICONS[mode];
  return { name: "", description: "", icon_type: "emoji", icon, icon_background };
}

type Looking = Pick<App, "name" | "description" | "icon_type" | "icon" | "icon_background">;

export function looksOf(app: Looking): Looks {
  return {
    name: app.name,
    description: app.description,
    icon_type: app.icon_type === "image" ? "image" : "emoji",
    icon: app.icon,
    icon_background: app.icon_background ?? "#FFEAD5",
  };
}

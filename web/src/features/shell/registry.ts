import type { TFunction } from "i18next";
import type { LucideIcon } from "lucide-react";
import { lazy, type ComponentType } from "react";
import type { AppMode } from "@/api/console";
import type { Role } from "@/features/account/roles";

/** Areas put their entries in here from their route files, which are loaded with the first page; pages are not. */

interface Entry {
  id: string;
  label: (t: TFunction) => string;
  /** Smaller comes first. */
  order: number;
  /** Who sees it; everybody when left out. */
  roles?: readonly Role[];
}

/** A place of the rail. */
export interface RailEntry extends Entry {
  icon: LucideIcon;
  to: string;
  /** Further addresses that belong to it: `/app/`. */
  also?: readonly string[];
}

/** A tab of an app: `path` below `/app/$appId/`. */
export interface AppTab extends Entry {
  path: string;
  modes?: readonly AppMode[];
  /** Who may open it by its address, where that is more than those who see the tab. */
  readers?: readonly Role[];
}

/** A section of the settings, at `/settings/<id>`. */
export interface SettingsSection extends Entry {
  group: "workspace" | "general";
  icon: LucideIcon;
  /** Loads it when it is first opened. */
  page: () => Promise<{ default: ComponentType }>;
}

interface ListedSection extends SettingsSection {
  Page: ComponentType;
}

const rail = new Map<string, RailEntry>();
const tabs = new Map<string, AppTab>();
const sections = new Map<string, ListedSection>();

export function addToRail(entry: RailEntry): void {
  rail.set(entry.id, entry);
}

export function addAppTab(tab: AppTab): void {
  tabs.set(tab.id, tab);
}

export function addSettingsSection(section: SettingsSection): void {
  sections.set(section.id, { ...section, Page: lazy(section.page) });
}

export function railEntries(role: Role): RailEntry[] {
  return seenBy(role, rail);
}

/** Whether the place of the rail that an address belongs to is for this role; addresses of no place are for everybody. */
export function mayVisit(path: string, role: Role): boolean {
  const place = [...rail.values()].find(({ to, also }) => path === to || path.startsWith(`${to}/`) || (also?.some((prefix) => path.startsWith(prefix)) ?? false));
  return place?.roles?.includes(role) ?? true;
}

/** The tabs that an app of this mode has for somebody of this role. */
export function tabsOf(mode: AppMode, role: Role): AppTab[] {
  return seenBy(role, tabs).filter((tab) => tab.modes?.includes(mode) ?? true);
}

/** Whether an address is that of a tab which an app of this mode has, but not for this role. */
export function tabIsClosed(path: string, mode: AppMode, role: Role): boolean {
  const name = path.split("/")[3];
  const tab = tabsOf(mode, "owner").find((each) => each.path === name);
  return tab !== undefined && !((tab.readers ?? tab.roles)?.includes(role) ?? true);
}

export function settingsSections(role: Role): ListedSection[] {
  return seenBy(role, sections).toSorted((one, other) => GROUPS.indexOf(one.group) - GROUPS.indexOf(other.group));
}

const GROUPS: readonly SettingsSection["group"][] = ["workspace", "general"];

function seenBy<T extends Entry>(role: Role, entries: ReadonlyMap<string, T>): T[] {
  return [...entries.values()].filter(({ roles }) => roles?.includes(role) ?? true).toSorted((one, other) => one.order - other.order);
}

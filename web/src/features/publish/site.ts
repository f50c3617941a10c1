import { queryOptions, type QueryClient } from "@tanstack/react-query";
import { api, call, type Schemas } from "@/api/client";
import type { AppMode } from "@/api/console";
import { refreshApps } from "@/features/apps/apps-query";

export type SiteSettings = Schemas["SiteSettings"];

const path = (appId: string) => ({ params: { path: { app_id: appId } } });

/** The published page of an app as its builders set it up. */
export function siteQuery(appId: string) {
  return queryOptions({
    queryKey: ["site", appId],
    queryFn: ({ signal }) => call(api.GET("/apps/{app_id}/site", { ...path(appId), signal })),
  });
}

async function kept(queries: QueryClient, appId: string, site: SiteSettings): Promise<void> {
  queries.setQueryData(siteQuery(appId).queryKey, site);
  await refreshApps(queries, appId);
}

/** Raises ApiError. */
export async function changeSite(queries: QueryClient, appId: string, site: SiteSettings): Promise<void> {
  const { code: _code, url: _url, embed_url: _embed, default_language, icon_type, icon_background, chat_color_theme, ...rest } = site;
  const body = {
    ...rest,
    default_language: default_language as Schemas["SiteChange"]["default_language"],
    icon_type: icon_type as Schemas["SiteChange"]["icon_type"],
    icon_background: icon_background ?? "",
    chat_color_theme: chat_color_theme ?? "",
  };
  await kept(queries, appId, await call(api.PUT("/apps/{app_id}/site", { ...path(appId), body })));
}

/** Gives the page a new address. Raises ApiError. */
export async function renewCode(queries: QueryClient, appId: string): Promise<void> {
  await kept(queries, appId, await call(api.POST("/apps/{app_id}/site/code", path(appId))));
}

export function talks(mode: AppMode): boolean {
  return mode !== "workflow" && mode !== "completion";
}

export function hasSteps(mode: AppMode): boolean {
  return mode === "workflow" || mode === "advanced-chat";
}

export type SiteProblem = "titleMissing" | "colourWrong" | "privacyWrong" | "originWrong";

/** What is wrong with settings, by their names, as far as it can be seen before they are sent. */
export function siteProblems(site: SiteSettings): Partial<Record<keyof SiteSettings, SiteProblem>> {
  return {
    ...(site.title.trim() === "" && { title: "titleMissing" }),
    ...(site.chat_color_theme !== null && site.chat_color_theme !== "" && !isColour(site.chat_color_theme) && { chat_color_theme: "colourWrong" }),
    ...(site.privacy_policy.trim() !== "" && !isWebAddress(site.privacy_policy.trim()) && { privacy_policy: "privacyWrong" }),
    ...(!site.embed_origins.every((origin) => origin === "*" || isOrigin(origin)) && { embed_origins: "originWrong" }),
  };
}

export function isColour(text: string): boolean {
  return /^#[0-9a-f]{6}$/i.test(text);
}

function isWebAddress(text: string): boolean {
  return /^https?:\/\/\S+$/.test(text) && URL.canParse(text);
}

/** A web site as the server takes it: a scheme and a host, perhaps a port, no path. */
export function isOrigin(text: string): boolean {
  return /^https?:\/\/(\*\.)?[\w-]+(\.[\w-]+)*(:\d{1,5})?$/.test(text);
}

/** Where the picture of an app is, for an app that has one as its icon; null for an emoji. */
export function pictureOf(app: { id: string; icon_type: string; icon: string }): string | null {
  return app.icon_type === "image" ? `/console/api/apps/${app.id}/icon?file=${encodeURIComponent(app.icon)}` : null;
}

import type { QueryClient } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { api, call } from "@/api/client";
import { showToast } from "@/ui/toast";
import type { MenuApp } from "./app-menu";
import { refreshApps } from "./apps-query";

/** Has the catalogue of the workspace offer an app, or no longer, and says so with the way back. */
export async function offerApp(queries: QueryClient, app: MenuApp, t: TFunction, errorText: (error: unknown) => string): Promise<void> {
  const offer = async (is_template: boolean) => {
    try {
      await call(api.PUT("/apps/{app_id}", { params: { path: { app_id: app.id } }, body: { is_template } }));
      await Promise.all([refreshApps(queries, app.id), queries.invalidateQueries({ queryKey: ["explore", "catalogue"] })]);
      return true;
    } catch (error) {
      showToast("danger", errorText(error));
      return false;
    }
  };
  if (await offer(!app.is_template))
    showToast("ok", t(app.is_template ? "apps.template.withdrawn" : "apps.template.offered"), { label: t("apps.undo"), perform: () => void offer(app.is_template) });
}

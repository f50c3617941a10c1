import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api, call, type Schemas } from "@/api/client";
import type { AppMode } from "@/api/console";
import { useErrorText } from "@/i18n/errors";
import { showToast } from "@/ui/toast";
import { refreshApps } from "./apps-query";
import type { Looks } from "./looks";

type ImportAnswer = Schemas["ImportAnswer"];

/** The text of an app file, or where it is. */
export type AppSource = { mode: "yaml-content"; yaml_content: string } | { mode: "yaml-url"; yaml_url: string };

/** Ways to get an app; each leads to the new one. They raise ApiError. */
export function useAppMaking() {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { t } = useTranslation();
  const open = async (id: string) => {
    await refreshApps(queries);
    await navigate({ to: "/app/$appId", params: { appId: id } });
  };
  const settled = async (answer: ImportAnswer): Promise<ImportAnswer> => {
    if (answer.app_id === null) return answer;
    if (answer.status === "completed-with-warnings") {
      showToast("ok", t("apps.import.otherVersion", { imported: answer.imported_dsl_version, current: answer.current_dsl_version }));
    }
    void tellMissing(answer.app_id, (names) => showToast("danger", t("apps.import.missing", { names })));
    await open(answer.app_id);
    return answer;
  };
  return {
    open,
    blank: async (mode: AppMode, looks: Looks) => open((await call(api.POST("/apps", { body: { mode, ...looks } }))).id),
    copy: async (id: string, looks: Looks) =>
      open((await call(api.POST("/apps/{app_id}/copy", { params: { path: { app_id: id } }, body: looks }))).id),
    convert: async (id: string, { name, icon_type, icon, icon_background }: Looks, deleteOriginal: boolean) => {
      const body = { name, icon_type, icon, icon_background };
      const made = await call(api.POST("/apps/{app_id}/convert-to-workflow", { params: { path: { app_id: id } }, body }));
      if (deleteOriginal) await call(api.DELETE("/apps/{app_id}", { params: { path: { app_id: id } } }));
      await open(made.new_app_id);
    },
    /** `pending` asks for `confirm`; everything else is done. */
    take: async (source: AppSource, looks: Partial<Looks> = {}) => settled(await call(api.POST("/apps/imports", { body: { ...source, ...looks } }))),
    confirm: async (importId: string) =>
      settled(await call(api.POST("/apps/imports/{import_id}/confirm", { params: { path: { import_id: importId } } }))),
  };
}

/** Names the plugins that an app needs and that are not here. An app without them opens all the same. */
async function tellMissing(appId: string, tell: (names: string) => void): Promise<void> {
  try {
    const { leaked_dependencies } = await call(api.GET("/apps/imports/{app_id}/check-dependencies", { params: { path: { app_id: appId } } }));
    const names = leaked_dependencies.flatMap((item) => pluginOf(item) ?? []);
    if (names.length > 0) tell(names.join(", "));
  } catch {
    // The editor names what is missing where it is missing.
  }
}

function pluginOf(dependency: unknown): string | null {
  const value = typeof dependency === "object" && dependency !== null && "value" in dependency ? dependency.value : null;
  if (typeof value !== "object" || value === null) return null;
  const found = Object.entries(value).find(([key, text]) => key.endsWith("unique_identifier") && typeof text === "string");
  return found === undefined ? null : (String(found[1]).split(":")[0] ?? null);
}

/** What is done to an app that is there: shown at once, with the way back. */
export function useAppChanging() {
  const queries = useQueryClient();
  const { t } = useTranslation();
  const errorText = useErrorText();
  const change = async (id: string, body: Schemas["AppChange"]) => {
    await call(api.PUT("/apps/{app_id}", { params: { path: { app_id: id } }, body }));
    await refreshApps(queries, id);
  };
  return {
    /** Changes an app and offers to undo it with `before`. Raises ApiError. */
    change: async (id: string, body: Schemas["AppChange"], before: Schemas["AppChange"]) => {
      await change(id, body);
      showToast("ok", t("apps.edit.saved"), {
        label: t("apps.undo"),
        perform: () => change(id, before).catch((error: unknown) => showToast("danger", errorText(error))),
      });
    },
    remove: async (id: string) => {
      await call(api.DELETE("/apps/{app_id}", { params: { path: { app_id: id } } }));
      queries.removeQueries({ queryKey: ["app", id] });
      await refreshApps(queries);
    },
  };
}

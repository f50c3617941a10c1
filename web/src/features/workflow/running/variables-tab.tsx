import { useQuery, useQueryClient } from "@tanstack/react-query";
import clsx from "clsx";
import { RotateCcw, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import type { JsonValue } from "@/api/json";
import { useErrorText } from "@/i18n/errors";
import { Button, IconButton } from "@/ui/button";
import { TextArea } from "@/ui/field";
import { JsonView } from "@/ui/json-view";
import { NodeIcon } from "@/ui/node-icon";
import { showToast } from "@/ui/toast";
import { byId } from "../graph/lookup";
import { useWorkflow } from "../store";
import type { Value } from "./shapes";

const MOST = 500;

/** What runs of the draft left: by node, of the conversation, of the system. A changed value is what the next step takes. */
export function VariablesTab() {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const appId = useWorkflow((state) => state.appId);
  const chatflow = useWorkflow((state) => state.mode === "advanced-chat");
  const [chosen, setChosen] = useState<string | null>(null);
  const path = { app_id: appId };
  const key = ["workflow", appId, "tried", "values"];
  const values = useQuery({
    queryKey: key,
    queryFn: async () => {
      const [nodes, system, conversation] = await Promise.all([
        call(api.GET("/apps/{app_id}/workflows/draft/variables", { params: { path, query: { limit: MOST } } })),
        call(api.GET("/apps/{app_id}/workflows/draft/system-variables", { params: { path } })),
        chatflow ? call(api.GET("/apps/{app_id}/workflows/draft/conversation-variables", { params: { path } })) : { items: [] },
      ]);
      return [...conversation.items, ...nodes.items, ...system.items] as Value[];
    },
  });
  const changed = () => queries.invalidateQueries({ queryKey: key });
  const clear = async () => {
    try {
      await api.DELETE("/apps/{app_id}/workflows/draft/variables", { params: { path } });
      await changed();
    } catch (error) {
      showToast("danger", errorText(error));
    }
  };
  if (values.error !== null) return <p className="p-3 text-danger">{errorText(values.error)}</p>;
  const all = values.data ?? [];
  if (all.length === 0) return <p className="p-3 text-muted">{t("running.noValues")}</p>;
  const current = all.find((value) => value.id === chosen) ?? all[0];
  return (
    <div className="grid h-full min-h-0 gap-px bg-line md:grid-cols-[minmax(220px,1fr)_2fr]">
      <div className="min-h-0 overflow-y-auto bg-surface p-2 max-md:max-h-40">
        <Groups values={all} chosen={current?.id ?? null} onChoose={setChosen} />
        <Button size="small" className="mt-2" icon={<Trash2 size={14} strokeWidth={1.5} />} onClick={() => void clear()}>
          {t("running.clearValues")}
        </Button>
      </div>
      <div className="min-h-0 overflow-y-auto bg-surface p-3">
        {current !== undefined && <ValueView key={`${current.id} ${String(current.updated_at)}`} appId={appId} value={current} onChanged={changed} />}
      </div>
    </div>
  );
}

function Groups({ values, chosen, onChoose }: { values: readonly Value[]; chosen: string | null; onChoose: (id: string) => void }) {
  const { t } = useTranslation();
  const nodes = byId(useWorkflow((state) => state.nodes));
  const groups = new Map<string, Value[]>();
  for (const value of values) {
    const scope = value.selector[0] ?? "";
    groups.set(scope, [...(groups.get(scope) ?? []), value]);
  }
  return (
    <ul className="flex flex-col gap-2">
      {[...groups].map(([scope, found]) => {
        const node = nodes.get(scope);
        return (
          <li key={scope}>
            <p className="flex items-center gap-2 px-2 py-1 text-12 font-medium text-muted">
              {node !== undefined && <NodeIcon type={node.data.type} />}
              {node?.data.title ?? (scope === "sys" ? t("running.system") : scope === "conversation" ? t("running.conversation") : scope)}
            </p>
            <ul>
              {found.map((value) => (
                <li key={value.id}>
                  <button
                    type="button"
                    aria-current={value.id === chosen}
                    onClick={() => onChoose(value.id)}
                    className={clsx("flex min-h-8 w-full items-center gap-2 rounded-control px-2 text-start hover:bg-sunken", value.id === chosen && "bg-sunken")}
                  >
                    <span className="min-w-0 flex-1 truncate font-mono text-12">{value.name}</span>
                    {value.edited && <span className="text-12 text-accent">{t("running.edited")}</span>}
                    <span className="text-12 text-muted">{value.value_type}</span>
                  </button>
                </li>
              ))}
            </ul>
          </li>
        );
      })}
    </ul>
  );
}

function ValueView({ appId, value, onChanged }: { appId: string; value: Value; onChanged: () => Promise<void> }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const [text, setText] = useState<string | null>(null);
  const path = { app_id: appId, variable_id: value.id };
  const act = async (work: Promise<unknown>) => {
    try {
      await work;
      setText(null);
      await onChanged();
    } catch (error) {
      showToast("danger", errorText(error));
    }
  };
  const save = () => {
    const given = valueOf(value.value_type, text ?? "");
    if (given === undefined) showToast("danger", t("form.notJson"));
    else void act(api.PATCH("/apps/{app_id}/workflows/draft/variables/{variable_id}", { params: { path }, body: { value: given } }));
  };
  return (
    <div className="flex flex-col gap-2">
      <div className="flex items-center gap-2">
        <h3 className="min-w-0 flex-1 truncate font-mono font-medium">{value.selector.join(".")}</h3>
        {value.edited && (
          <IconButton
            label={t("running.reset")}
            onClick={() => void act(api.PUT("/apps/{app_id}/workflows/draft/variables/{variable_id}/reset", { params: { path } }))}
          >
            <RotateCcw size={16} strokeWidth={1.5} />
          </IconButton>
        )}
        {text === null && !value.value_truncated && value.selector[0] !== "sys" && (
          <Button size="small" onClick={() => setText(textOf(value.value))}>
            {t("running.change")}
          </Button>
        )}
      </div>
      {value.value_truncated && <p className="text-12 text-warn">{t("running.truncated", { size: value.size })}</p>}
      {text === null ? (
        <JsonView value={value.value} />
      ) : (
        <>
          <TextArea className="font-mono text-12" aria-label={value.name} value={text} onChange={(event) => setText(event.target.value)} />
          <div className="flex gap-2">
            <Button size="small" variant="primary" onClick={save}>
              {t("running.save")}
            </Button>
            <Button size="small" onClick={() => setText(null)}>
              {t("common.cancel")}
            </Button>
          </div>
        </>
      )}
    </div>
  );
}

function textOf(value: JsonValue): string {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

/** What was written as a value of this type; undefined when it is none. */
function valueOf(type: string, text: string): JsonValue | undefined {
  if (type === "string" || type === "secret") return text;
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

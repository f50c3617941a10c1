import { lazy, Suspense, type ComponentType, type LazyExoticComponent } from "react";
import { useTranslation } from "react-i18next";
import { isJsonObject, type JsonObject } from "@/api/json";
import type { NodeType } from "@/features/schema-form/node-types";
import { SchemaForm } from "@/features/schema-form/schema-form";
import { useScopeOf } from "@/features/variables/scope-context";
import { Spinner } from "@/ui/spinner";
import type { FlowNode } from "../graph/types";
import { useWorkflow } from "../store";
import { HANDMADE } from "./handmade";
import { Folded } from "./section";

const BODIES: Record<string, LazyExoticComponent<ComponentType>> = Object.fromEntries(
  Object.entries(HANDMADE).map(([type, { load }]) => [type, lazy(load)]),
);

/**
 * What a node is set to: its own panel where one was made by hand, and the form of its schema for every setting that the
 * panel does not show, so that none is out of reach.
 */
export function Settings({ node, type }: { node: FlowNode; type: NodeType | undefined }) {
  const { t } = useTranslation();
  const Body = BODIES[node.data.type];
  const shown = HANDMADE[node.data.type]?.fields ?? [];
  const rest = type === undefined ? [] : restOf(type.settings, shown);
  const waiting = (
    <div className="flex justify-center p-6">
      <Spinner />
    </div>
  );
  if (Body === undefined) return type === undefined ? waiting : <Generic node={node} type={type} />;
  return (
    <Suspense fallback={waiting}>
      <Body />
      {type !== undefined && rest.length > 0 && (
        <Folded title={t("panels.more")}>
          <Generic node={node} type={type} only={rest} />
        </Folded>
      )}
    </Suspense>
  );
}

/** The settings that are neither hidden nor shown already. */
export function restOf(schema: JsonObject, shown: readonly string[]): string[] {
  const properties = isJsonObject(schema.properties) ? schema.properties : {};
  return Object.entries(properties)
    .filter(([name, property]) => !shown.includes(name) && !(isJsonObject(property) && property.ui === "hidden"))
    .map(([name]) => name);
}

function Generic({ node, type, only }: { node: FlowNode; type: NodeType; only?: readonly string[] }) {
  const update = useWorkflow((state) => state.updateNodeData);
  const editable = useWorkflow((state) => state.editable);
  const bodyScope = useScopeOf(node.id, true);
  return (
    <SchemaForm
      schema={type.settings}
      value={node.data as JsonObject}
      bodyScope={bodyScope}
      disabled={!editable}
      {...(only === undefined ? {} : { only: (name: string) => only.includes(name) })}
      onChange={(name, value) => update(node.id, { [name]: value })}
    />
  );
}

import { useQuery } from "@tanstack/react-query";
import { useReactFlow } from "@xyflow/react";
import clsx from "clsx";
import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { useErrorText } from "@/i18n/errors";
import { NodeIcon } from "@/ui/node-icon";
import { Spinner } from "@/ui/spinner";
import { focusCard, openSettings, placeOf } from "../canvas/commands";
import { useCanvas, useCanvasStore } from "../canvas/ui";
import { addNode, changeType, type Spot } from "../graph/editing";
import { allowedAt, BLOCK_GROUPS } from "../graph/kinds";
import { byId } from "../graph/lookup";
import type { NodeData } from "../graph/types";
import { documentOf, useWorkflow, useWorkflowStore } from "../store";
import { workflowApi, type Block } from "../store/api";
import { FloatingCard } from "./floating-card";
import { PickList, type Pick } from "./pick-list";
import { toolData, useToolName } from "./tools";

const KINDS = ["builtin", "api", "workflow", "mcp"] as const;

/** What can be put on the canvas: node types in their groups, and tools. */
export function Palette({ blocks, surface }: { blocks: readonly Block[]; surface: () => HTMLElement | null }) {
  const { t } = useTranslation();
  const canvas = useCanvasStore();
  const palette = useCanvas((state) => state.palette);
  const tab = useCanvas((state) => state.paletteTab);
  const close = useCallback(() => canvas.setState({ palette: null }), [canvas]);
  const put = usePut(surface);
  if (palette === null) return null;
  return (
    <FloatingCard x={palette.x} y={palette.y} label={t("workflow.palette.title")} onClose={close}>
      <div role="tablist" aria-label={t("workflow.palette.title")} className="flex gap-1 px-2 pt-2">
        {(["blocks", "tools"] as const).map((name) => (
          <button
            key={name}
            type="button"
            role="tab"
            aria-selected={tab === name}
            className={clsx("h-7 rounded-control px-2 font-medium", tab === name ? "bg-accent-soft text-accent" : "text-muted hover:bg-sunken")}
            onClick={() => canvas.setState({ paletteTab: name })}
          >
            {t(`workflow.palette.${name}`)}
          </button>
        ))}
      </div>
      {tab === "blocks" ? <BlockList blocks={blocks} onPut={put} onClose={close} /> : <ToolList blocks={blocks} onPut={put} onClose={close} />}
    </FloatingCard>
  );
}

type Put = (data: NodeData, byKeyboard: boolean) => void;

interface ListProps {
  blocks: readonly Block[];
  onPut: Put;
  onClose: () => void;
}

function BlockList({ blocks, onPut, onClose }: ListProps) {
  const { t, i18n } = useTranslation();
  const place = usePlace();
  const nameOf = (type: string, otherwise: string) =>
    i18n.exists(`workflow.blocks.${type}.name`) ? t(`workflow.blocks.${type as "llm"}.name`) : otherwise;
  const items = BLOCK_GROUPS.flatMap(([group, types]) =>
    types.flatMap((type): Pick[] => {
      const block = blocks.find((each) => each.type === type);
      if (block === undefined || !allowedAt(type, place)) return [];
      const known = i18n.exists(`workflow.blocks.${type}.help`);
      return [
        {
          id: type,
          label: nameOf(type, block.title),
          group: t(`workflow.groups.${group}`),
          help: known ? t(`workflow.blocks.${type as "llm"}.help`) : "",
          icon: <NodeIcon type={type} />,
        },
      ];
    }),
  );
  const pick = (type: string, byKeyboard: boolean) => {
    const block = blocks.find((each) => each.type === type);
    if (block !== undefined) onPut({ ...block.config, title: nameOf(type, block.title) }, byKeyboard);
  };
  return (
    <PickList
      items={items}
      label={t("workflow.palette.blocks")}
      placeholder={t("workflow.palette.search")}
      empty={t("workflow.palette.nothing")}
      onPick={pick}
      onClose={onClose}
    />
  );
}

function ToolList({ blocks, onPut, onClose }: ListProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const name = useToolName();
  const { data, error } = useQuery({
    queryKey: ["workflow-tools"],
    queryFn: async () => (await Promise.all(KINDS.map((kind) => workflowApi.tools(kind)))).flat(),
    staleTime: 60_000,
    meta: { console: true },
  });
  if (error !== null) return <p className="p-4 text-danger">{errorText(error)}</p>;
  if (data === undefined) return <p className="flex justify-center p-6 text-muted">{<Spinner />}</p>;
  const entries = data.flatMap((provider) => provider.tools.map((tool) => ({ id: `${provider.type}/${provider.id}/${tool.name}`, provider, tool })));
  const items = entries.map(({ id, provider, tool }): Pick => ({
    id,
    label: name(tool.label) || tool.name,
    group: name(provider.label) || provider.name,
    help: name(tool.description),
    icon: <NodeIcon type="tool" />,
    aside: t(`workflow.palette.kinds.${kindOf(provider.type)}`),
  }));
  const base = blocks.find((block) => block.type === "tool")?.config;
  return (
    <PickList
      items={items}
      label={t("workflow.palette.tools")}
      placeholder={t("workflow.palette.searchTools")}
      empty={t("workflow.palette.noTools")}
      onPick={(id, byKeyboard) => {
        const entry = entries.find((each) => each.id === id);
        if (entry !== undefined && base !== undefined) onPut(toolData(base, entry.provider, entry.tool, name), byKeyboard);
      }}
      onClose={onClose}
    />
  );
}

function kindOf(type: string): (typeof KINDS)[number] {
  return KINDS.find((kind) => kind === type) ?? "builtin";
}

/** Where the palette's choice goes, as far as that decides what may be chosen. */
function usePlace() {
  const palette = useCanvas((state) => state.palette);
  const nodes = useWorkflow((state) => state.nodes);
  const edges = useWorkflow((state) => state.edges);
  const store = useWorkflowStore();
  const spot = palette?.spot;
  const index = byId(nodes);
  const source =
    spot?.kind === "after" ? spot.source : spot?.kind === "between" ? edges.find((edge) => edge.id === spot.edgeId)?.source : palette?.replaces;
  const parent = index.get(index.get(source ?? "")?.parentId ?? "");
  return { ...placeOf(store.getState()), inside: parent?.data.type ?? null };
}

/** Puts a new node where the palette was opened; from nowhere in particular it follows the mouse first. */
function usePut(surface: () => HTMLElement | null): Put {
  const store = useWorkflowStore();
  const canvas = useCanvasStore();
  const flow = useReactFlow();
  return (data, byKeyboard) => {
    const { palette } = canvas.getState();
    if (palette === null) return;
    canvas.setState({ palette: null });
    const state = store.getState();
    if (palette.replaces !== undefined) {
      const { replaces } = palette;
      state.edit({ kind: "nodeReplaced", subject: data.title }, (doc) => changeType(doc, replaces, data));
      openSettings(store, canvas, replaces);
      focusCard(surface(), replaces);
      return;
    }
    const touch = window.matchMedia("(pointer: coarse)").matches;
    if (palette.spot === null && !byKeyboard && !touch) {
      canvas.setState({ candidate: data });
      return;
    }
    const made = addNode(documentOf(state), data, palette.spot ?? freeSpot(), Date.now());
    state.edit({ kind: "nodeAdded", subject: byId(made.doc.nodes).get(made.id)?.data.title }, () => made.doc);
    state.select([made.id]);
    openSettings(store, canvas, made.id);
    if (byKeyboard) focusCard(surface(), made.id);
  };

  function freeSpot(): Spot {
    const box = surface()?.getBoundingClientRect();
    const at = flow.screenToFlowPosition({ x: (box?.left ?? 0) + (box?.width ?? 0) / 2 - 120, y: (box?.top ?? 0) + (box?.height ?? 0) / 2 - 40 });
    return { kind: "free", at };
  }
}

import { createContext, useContext } from "react";
import { useStore } from "zustand";
import { createStore, type StoreApi } from "zustand/vanilla";
import type { Spot } from "../graph/editing";
import type { Size } from "../graph/geometry";
import type { NodeData, Point } from "../graph/types";

/** How far away and how near the canvas can be looked at. */
export const ZOOM = { min: 0.1, max: 2 } as const;

export type PanelName = "questions" | "environment" | "conversation" | "system" | "features" | "checklist" | "versions" | "history";

/** How much of a card is drawn: all, its title, its shape alone. */
export type Detail = "full" | "title" | "shape";

export interface MenuAt {
  kind: "node" | "edge" | "pane";
  x: number;
  y: number;
}

/** What a version shows beside the draft: nodes by what became of them. */
export type Marks = ReadonlyMap<string, "added" | "removed" | "changed" | "moved">;

/** What the canvas shows at the moment and nobody saves. */
export interface CanvasState {
  tool: "pointer" | "hand";
  /** Places of nodes while they are dragged, sizes while they are resized. */
  dragged: ReadonlyMap<string, Point> | null;
  resizing: { id: string; size: Size; at: Point } | null;
  guides: { x: number | null; y: number | null } | null;
  /** Follows the mouse until a click puts it down. */
  candidate: NodeData | "note" | null;
  paletteTab: "blocks" | "tools";
  palette: { spot: Spot | null; x: number; y: number; replaces?: string } | null;
  menu: MenuAt | null;
  /** Asks which node this one is to be connected to. */
  connectFrom: string | null;
  hoveredEdge: string | null;
  /** The edge one of whose ends is being dragged elsewhere. */
  pulledEdge: string | null;
  /** Nodes that stay bright while the others are dimmed. */
  lit: ReadonlySet<string> | null;
  marks: Marks | null;
  maximised: boolean;
  minimap: boolean;
  panel: PanelName | null;
  /** The note whose text is being written. */
  writing: string | null;
  dialog: "publish" | "import" | { tell: "help" | "about"; id: string } | { confirm: "delete"; ids: string[]; readers: string[]; children: number } | null;
}

export type CanvasStore = StoreApi<CanvasState>;

export function createCanvasStore(): CanvasStore {
  return createStore<CanvasState>()(() => ({
    tool: window.matchMedia("(pointer: coarse)").matches ? "hand" : "pointer",
    dragged: null,
    resizing: null,
    guides: null,
    candidate: null,
    paletteTab: "blocks",
    palette: null,
    menu: null,
    connectFrom: null,
    hoveredEdge: null,
    pulledEdge: null,
    lit: null,
    marks: null,
    maximised: false,
    minimap: true,
    panel: null,
    writing: null,
    dialog: null,
  }));
}

export const CanvasContext = createContext<CanvasStore | null>(null);

export function useCanvasStore(): CanvasStore {
  const store = useContext(CanvasContext);
  if (store === null) throw new Error("There is no canvas around this component.");
  return store;
}

export function useCanvas<T>(select: (state: CanvasState) => T): T {
  return useStore(useCanvasStore(), select);
}

/** Given to all cards at once, so that changing it is one interruptible piece of rendering. */
export const DetailContext = createContext<Detail>("full");

import { create } from "zustand";

interface PaletteState {
  shown: "palette" | "shortcuts" | null;
  show: (what: PaletteState["shown"]) => void;
}

export const usePaletteState = create<PaletteState>((set) => ({ shown: null, show: (shown) => set({ shown }) }));

export function openPalette(): void {
  usePaletteState.getState().show("palette");
}

export function openShortcuts(): void {
  usePaletteState.getState().show("shortcuts");
}

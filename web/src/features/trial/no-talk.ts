import type { Talk } from "./tried";

/** Nothing was asked yet. */
export const NO_TALK: Talk<never> = { exchanges: [], chosen: {} };

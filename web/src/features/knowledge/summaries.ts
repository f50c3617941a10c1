import type { Schemas } from "@/api/client";

/** How the chunks of a base are summarised. */
export interface Summaries {
  enable: boolean;
  model_name: string | null;
  model_provider_name: string | null;
  summary_prompt: string | null;
}

/** The setting of a base, as the server keeps it. */
export function summariesOf(base: Schemas["DatasetShown"]): Summaries {
  const kept = base.summary_index_setting ?? {};
  return {
    enable: kept.enable === true,
    model_name: textOf(kept.model_name),
    model_provider_name: textOf(kept.model_provider_name),
    summary_prompt: textOf(kept.summary_prompt),
  };
}

const textOf = (value: unknown) => (typeof value === "string" && value !== "" ? value : null);

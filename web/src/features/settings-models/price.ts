import type { Schemas } from "@/api/client";

export type Price = Schemas["Price-Output"];
export type PricedModel = Schemas["PricedModel"];

export const MILLION = "0.000001";
export const THOUSAND = "0.001";

/** What a price is while one types it: texts, empty for what is not stated. */
export interface PriceDraft {
  currency: "USD" | "RMB";
  unit: string;
  input: string;
  output: string;
  cached_input: string;
  cache_write: string;
  sound: Record<SoundRate, string>;
  tiers: TierDraft[];
}

export interface TierDraft {
  above: string;
  input: string;
  output: string;
  cached_input: string;
  cache_write: string;
}

/** Tokens of sound heard, kept and spoken, characters read aloud, hours of recordings. */
export const SOUND_RATES = ["input", "cached_input", "output", "characters", "hour"] as const;
export type SoundRate = (typeof SOUND_RATES)[number];

export const RATES = ["input", "output", "cached_input", "cache_write"] as const;
export type Rate = (typeof RATES)[number];

export function draftOf(price: Price | null): PriceDraft {
  return {
    currency: price?.currency ?? "USD",
    unit: plain(price?.unit ?? MILLION),
    ...ratesOf(price),
    sound: Object.fromEntries(SOUND_RATES.map((rate) => [rate, plain(price?.sound?.[rate] ?? "")])) as Record<SoundRate, string>,
    tiers: (price?.tiers ?? []).map((tier) => ({ above: String(tier.above), ...ratesOf(tier) })),
  };
}

export const EMPTY_TIER: TierDraft = { above: "", input: "", output: "", cached_input: "", cache_write: "" };

function ratesOf(from: Partial<Record<Rate, string | null | undefined>> | null): Record<Rate, string> {
  const text = (rate: Rate) => {
    const value = from?.[rate];
    return value === null || value === undefined ? "" : plain(value);
  };
  return { input: text("input"), output: text("output"), cached_input: text("cached_input"), cache_write: text("cache_write") };
}

/** Decimal text without an exponent and without zeros at its end. */
export function plain(value: string): string {
  if (value === "") return "";
  const number = Number(value);
  if (!Number.isFinite(number)) return value;
  const text = /e/i.test(value) || /e/i.test(String(number)) ? number.toFixed(12) : value;
  return text.includes(".") ? text.replace(/0+$/, "").replace(/\.$/, "") : text;
}

/** Whether a text is a price: a number that is not negative. */
export function isRate(text: string): boolean {
  return /^\d+([.,]\d+)?$/.test(text.trim());
}

/** The names of the fields at fault: a rate, `tiers`. Cached and written tokens and output may be left out. */
export function faultsOf(draft: PriceDraft): Set<string> {
  const faults = new Set<string>();
  const check = (from: Record<Rate, string>, prefix: string) => {
    for (const rate of RATES) {
      const text = from[rate].trim();
      if (text === "" ? rate === "input" : !isRate(text)) faults.add(prefix + rate);
    }
  };
  check(draft, "");
  for (const rate of SOUND_RATES) if (draft.sound[rate].trim() !== "" && !isRate(draft.sound[rate])) faults.add(`sound.${rate}`);
  draft.tiers.forEach((tier, index) => {
    check(tier, `${String(index)}.`);
    const doubled = draft.tiers.some((other, at) => at < index && other.above.trim() === tier.above.trim());
    if (!/^[1-9]\d*$/.test(tier.above.trim()) || doubled) faults.add(`${String(index)}.above`);
  });
  return faults;
}

/** What is sent. */
export function sent(draft: PriceDraft): Schemas["Price-Input"] {
  return {
    currency: draft.currency,
    unit: draft.unit,
    ...sentRates(draft),
    sound: sentSound(draft.sound),
    tiers: draft.tiers.map((tier) => ({ above: Number(tier.above), ...sentRates(tier) })),
  };
}

function sentSound(sound: PriceDraft["sound"]): Schemas["Price-Input"]["sound"] {
  const given = SOUND_RATES.filter((rate) => sound[rate].trim() !== "");
  return given.length === 0 ? null : Object.fromEntries(given.map((rate) => [rate, sound[rate].trim().replace(",", ".")]));
}

function sentRates(from: Record<Rate, string>) {
  const number = (text: string) => text.trim().replace(",", ".");
  const optional = (text: string) => (text.trim() === "" ? null : number(text));
  return {
    input: number(from.input),
    output: from.output.trim() === "" ? "0" : number(from.output),
    cached_input: optional(from.cached_input),
    cache_write: optional(from.cache_write),
  };
}

/** A rate of a price for a million tokens, as money: `$0.15`. */
export function perMillion(rate: string, price: Pick<Price, "unit" | "currency">, language: string): string {
  const amount = Number(rate) * Number(price.unit ?? MILLION) * 1_000_000;
  return new Intl.NumberFormat(language, {
    style: "currency",
    currency: price.currency === "RMB" ? "CNY" : "USD",
    currencyDisplay: "narrowSymbol",
    maximumFractionDigits: amount !== 0 && amount < 0.01 ? 6 : amount < 1 ? 4 : 2,
  }).format(amount);
}

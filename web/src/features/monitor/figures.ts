import { useTranslation } from "react-i18next";

/** How the numbers of charts are written in the viewer's language. */
export function useFigures() {
  const { i18n } = useTranslation();
  return figuresIn(i18n.language);
}

export function figuresIn(language: string) {
  const plain = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
  const small = new Intl.NumberFormat(language, { maximumSignificantDigits: 2 });
  const compact = new Intl.NumberFormat(language, { notation: "compact", maximumFractionDigits: 1 });
  const day = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeZone: "UTC" });
  const shortDay = new Intl.DateTimeFormat(language, { month: "short", day: "numeric", timeZone: "UTC" });
  return {
    /** Whole in tables and on points. */
    exact: (value: number) => (value !== 0 && Math.abs(value) < 0.01 ? small.format(value) : plain.format(value)),
    /** Short in headlines and on axes. */
    brief: (value: number) => (Math.abs(value) >= 10_000 ? compact.format(value) : plain.format(value)),
    /** `2025-01-20` as a date. */
    day: (date: string) => day.format(Date.parse(date)),
    shortDay: (date: string) => shortDay.format(Date.parse(date)),
    /** Prices in several currencies, one behind the other. */
    cost: (prices: ReadonlyMap<string, number>) => [...prices].map(([currency, price]) => money(language, price, currency)).join(" + "),
  };
}

function money(language: string, price: number, currency: string): string {
  const digits = { minimumFractionDigits: 4, maximumFractionDigits: 4 };
  try {
    return new Intl.NumberFormat(language, { style: "currency", currency, currencyDisplay: "narrowSymbol", ...digits }).format(price);
  } catch {
    // Providers name currencies as they like; only codes of three letters have a symbol.
    return `${new Intl.NumberFormat(language, digits).format(price)} ${currency}`;
  }
}

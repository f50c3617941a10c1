import { useTranslation } from "react-i18next";
import { MILLION, perMillion, type Price } from "./price";

/** A price in one line, for a million tokens; longer prompts below it. */
export function PriceText({ price }: { price: Price | null }) {
  const { t, i18n } = useTranslation();
  if (price === null) return <span className="text-muted">{t("modelSetup.unlisted")}</span>;
  const tiers = price.tiers ?? [];
  const { characters = null, hour = null } = price.sound ?? {};
  const ofSound = [
    hour === null ? null : t("modelSetup.anHour", { price: perMillion(hour, { ...price, unit: MILLION }, i18n.language) }),
    characters === null ? null : t("modelSetup.ofCharacters", { price: perMillion(characters, price, i18n.language) }),
  ].filter((each) => each !== null);
  const free = [price, ...tiers].every((each) => Number(each.input ?? 0) === 0 && Number(each.output ?? 0) === 0);
  if (free && ofSound.length > 0) return <span className="tabular">{ofSound.join(" · ")}</span>;
  if (free) return <span>{t("modelSetup.free")}</span>;
  const line = (each: { input?: string; output?: string }) =>
    t("modelSetup.inAndOut", { input: perMillion(each.input ?? "0", price, i18n.language), output: perMillion(each.output ?? "0", price, i18n.language) });
  return (
    <span className="tabular">
      {line(price)}
      {ofSound.length > 0 && <span className="block text-12 text-muted">{ofSound.join(" · ")}</span>}
      {tiers.map((tier) => (
        <span key={tier.above} className="block text-12 text-muted">
          {t("modelSetup.aboveTokens", { count: tier.above, price: line(tier) })}
        </span>
      ))}
    </span>
  );
}

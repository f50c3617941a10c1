import { ChevronRight, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useErrorText } from "@/i18n/errors";
import { Button, IconButton } from "@/ui/button";
import { Field, TextInput } from "@/ui/field";
import { Select } from "@/ui/select";
import { draftOf, EMPTY_TIER, faultsOf, MILLION, RATES, sent, SOUND_RATES, THOUSAND, type Price, type PriceDraft, type Rate } from "./price";

interface PriceFormProps {
  price: Price | null;
  /** The model hears or speaks. */
  heard: boolean;
  onSave: (price: ReturnType<typeof sent>) => Promise<unknown>;
  /** Forgets the workspace's own price. */
  onReset?: (() => Promise<unknown>) | undefined;
}

/** A workspace's own price of a model, with other prices for long prompts. */
export function PriceForm({ price, heard, onSave, onReset }: PriceFormProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const [draft, setDraft] = useState(() => draftOf(price));
  const [shown, setShown] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const faults = faultsOf(draft);
  const work = async (what: () => Promise<unknown>) => {
    setBusy(true);
    setError(null);
    try {
      await what();
    } catch (caught) {
      setError(errorText(caught));
    } finally {
      setBusy(false);
    }
  };
  const save = () => {
    setShown(true);
    if (faults.size === 0) void work(() => onSave(sent(draft)));
  };
  const change = (changes: Partial<PriceDraft>) => setDraft((before) => ({ ...before, ...changes }));
  const changeTier = (at: number, changes: Partial<PriceDraft["tiers"][number]>) =>
    change({ tiers: draft.tiers.map((tier, index) => (index === at ? { ...tier, ...changes } : tier)) });
  const units = [
    { value: MILLION, label: t("modelSetup.perMillion") },
    { value: THOUSAND, label: t("modelSetup.perThousand") },
  ];
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <div className="grid gap-3 sm:grid-cols-2">
        <Field id="price-currency" label={t("modelSetup.currency")}>
          <Select
            id="price-currency"
            value={draft.currency}
            onChange={(currency) => change({ currency })}
            options={[
              { value: "USD", label: t("modelSetup.dollars") },
              { value: "RMB", label: t("modelSetup.renminbi") },
            ]}
          />
        </Field>
        <Field id="price-unit" label={t("modelSetup.unit")}>
          <Select
            id="price-unit"
            value={draft.unit}
            onChange={(unit) => change({ unit })}
            options={units.some((each) => each.value === draft.unit) ? units : [...units, { value: draft.unit, label: draft.unit }]}
          />
        </Field>
      </div>
      <Rates id="price" values={draft} faults={shown ? faults : NONE} prefix="" onChange={(rate, value) => change({ [rate]: value })} />
      <details open={heard || SOUND_RATES.some((rate) => draft.sound[rate] !== "")} className="group rounded-card border border-line">
        <summary className="flex min-h-9 cursor-pointer list-none items-center gap-1.5 px-3 text-muted hover:text-text">
          <ChevronRight size={14} className="transition-transform group-open:rotate-90" aria-hidden />
          {t("modelSetup.sound")}
        </summary>
        <div className="grid grid-cols-2 gap-3 p-3 pt-1 sm:grid-cols-3">
          {SOUND_RATES.map((rate) => (
            <Field key={rate} id={`sound-${rate}`} label={t(`modelSetup.soundRates.${rate}`)} error={shown && faults.has(`sound.${rate}`) ? t("modelSetup.badRate") : undefined}>
              <TextInput
                id={`sound-${rate}`}
                inputMode="decimal"
                className="tabular"
                value={draft.sound[rate]}
                onChange={(event) => change({ sound: { ...draft.sound, [rate]: event.target.value } })}
              />
            </Field>
          ))}
        </div>
      </details>
      {draft.tiers.map((tier, index) => (
        <fieldset key={index} className="flex flex-col gap-3 rounded-card border border-line p-3">
          <div className="flex items-end gap-2">
            <div className="flex-1">
              <Field id={`tier-${String(index)}`} label={t("modelSetup.above")} error={shown && faults.has(`${String(index)}.above`) ? t("modelSetup.badBound") : undefined}>
                <TextInput id={`tier-${String(index)}`} inputMode="numeric" value={tier.above} onChange={(event) => changeTier(index, { above: event.target.value })} />
              </Field>
            </div>
            <IconButton label={t("modelSetup.removeTier", { number: index + 1 })} onClick={() => change({ tiers: draft.tiers.filter((_, at) => at !== index) })}>
              <Trash2 size={16} strokeWidth={1.5} />
            </IconButton>
          </div>
          <Rates
            id={`tier-${String(index)}`}
            values={tier}
            faults={shown ? faults : NONE}
            prefix={`${String(index)}.`}
            onChange={(rate, value) => changeTier(index, { [rate]: value })}
          />
        </fieldset>
      ))}
      {error !== null && (
        <p role="alert" className="rounded-control bg-danger-soft px-3 py-2 break-words text-danger">
          {error}
        </p>
      )}
      <div className="flex flex-wrap gap-2">
        <Button size="small" icon={<Plus size={14} strokeWidth={1.5} />} disabled={draft.tiers.length >= 10} onClick={() => change({ tiers: [...draft.tiers, EMPTY_TIER] })}>
          {t("modelSetup.addTier")}
        </Button>
        <span className="ms-auto flex gap-2">
          {onReset !== undefined && (
            <Button busy={busy} onClick={() => void work(onReset)}>
              {t("modelSetup.useListPrice")}
            </Button>
          )}
          <Button type="submit" variant="primary" busy={busy}>
            {t("modelSetup.savePrice")}
          </Button>
        </span>
      </div>
    </form>
  );
}

const NONE: ReadonlySet<string> = new Set();

interface RatesProps {
  id: string;
  values: Record<Rate, string>;
  faults: ReadonlySet<string>;
  prefix: string;
  onChange: (rate: Rate, value: string) => void;
}

function Rates({ id, values, faults, prefix, onChange }: RatesProps) {
  const { t } = useTranslation();
  return (
    <div className="grid grid-cols-2 gap-3 sm:grid-cols-4">
      {RATES.map((rate) => (
        <Field key={rate} id={`${id}-${rate}`} label={t(`modelSetup.rates.${rate}`)} error={faults.has(prefix + rate) ? t("modelSetup.badRate") : undefined}>
          <TextInput
            id={`${id}-${rate}`}
            inputMode="decimal"
            className="tabular"
            aria-invalid={faults.has(prefix + rate)}
            placeholder={rate === "input" ? "" : t(`modelSetup.without.${rate}`)}
            value={values[rate]}
            onChange={(event) => onChange(rate, event.target.value)}
          />
        </Field>
      ))}
    </div>
  );
}

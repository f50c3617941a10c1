import { TextInput } from "@/ui/field";

interface NumberSliderProps {
  value: number;
  onChange: (value: number) => void;
  label: string;
  min?: number | undefined;
  max?: number | undefined;
  step?: number | undefined;
  disabled?: boolean;
  id?: string;
}

/** A number to type, and a slider beside it when it has bounds. */
export function NumberSlider({ value, onChange, label, min, max, step = 1, disabled = false, id }: NumberSliderProps) {
  const shown = Number.isFinite(value) ? value : "";
  const take = (text: string) => {
    const number = Number(text);
    if (text.trim() !== "" && Number.isFinite(number)) onChange(number);
  };
  return (
    <div className="flex min-w-0 items-center gap-2">
      {min !== undefined && max !== undefined && (
        <input
          type="range"
          aria-label={label}
          min={min}
          max={max}
          step={step}
          value={shown}
          disabled={disabled}
          onChange={(event) => take(event.target.value)}
          className="h-8 min-w-0 flex-1 accent-accent"
        />
      )}
      <TextInput
        type="number"
        id={id}
        aria-label={label}
        min={min}
        max={max}
        step={step}
        value={shown}
        disabled={disabled}
        onChange={(event) => take(event.target.value)}
        className="tabular h-8! w-24! shrink-0 text-13!"
      />
    </div>
  );
}

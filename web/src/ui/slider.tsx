import { Slider as Radix } from "radix-ui";
import { fit, NumberInput } from "./number-input";

interface SliderProps {
  label: string;
  id?: string;
  value: number;
  onChange: (value: number) => void;
  min: number;
  max: number;
  step?: number;
  disabled?: boolean;
}

/** A number to drag, and to type. */
export function Slider({ label, id, value, onChange, min, max, step = 1, disabled = false }: SliderProps) {
  return (
    <div className="flex items-center gap-3">
      <Radix.Root
        value={[Math.min(max, Math.max(min, value))]}
        onValueChange={([next]) => next !== undefined && onChange(fit(next, { min, max, step }))}
        min={min}
        max={max}
        step={step}
        disabled={disabled}
        className="relative flex h-8 min-w-0 flex-1 touch-none items-center data-disabled:opacity-50 pointer-coarse:h-10"
      >
        <Radix.Track className="relative h-1 flex-1 rounded-full bg-line">
          <Radix.Range className="absolute h-full rounded-full bg-accent" />
        </Radix.Track>
        <Radix.Thumb aria-label={label} className="block size-3.5 rounded-full border-2 border-accent bg-raised pointer-coarse:size-5" />
      </Radix.Root>
      <NumberInput
        id={id}
        aria-label={label}
        className="w-18! shrink-0"
        value={value}
        min={min}
        max={max}
        step={step}
        disabled={disabled}
        onChange={(next) => next !== null && onChange(next)}
      />
    </div>
  );
}

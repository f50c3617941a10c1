import clsx from "clsx";
import type { ComponentProps, ReactNode } from "react";
import { useTranslation } from "react-i18next";

export const CONTROL =
  "w-full rounded-control border border-line bg-raised px-2.5 text-13 placeholder:text-muted/80 " +
  "hover:border-line-strong aria-invalid:border-danger disabled:opacity-60 transition-colors";

/** Of a control of one line; fingers get more. */
export const HEIGHT = "h-8 pointer-coarse:h-10";

interface FieldProps {
  id: string;
  label: ReactNode;
  optional?: boolean;
  hint?: ReactNode;
  error?: string | undefined;
  /** Right of the label: a counter, a link. */
  aside?: ReactNode;
  children: ReactNode;
}

/** Label, control, hint and error of one form field. The control must carry `id` and `fieldProps(id, error)`. */
export function Field({ id, label, optional = false, hint, error, aside, children }: FieldProps) {
  const { t } = useTranslation();
  return (
    <div className="flex flex-col gap-1">
      <div className="flex items-baseline justify-between gap-3">
        <label htmlFor={id} className="font-medium">
          {label}
          {optional && <span className="ml-1.5 font-normal text-muted">{t("common.optional")}</span>}
        </label>
        {aside}
      </div>
      {children}
      {hint !== undefined && error === undefined && <p className="text-12 text-muted">{hint}</p>}
      {error !== undefined && (
        <p id={`${id}-error`} className="text-12 text-danger">
          {error}
        </p>
      )}
    </div>
  );
}

/** What ties a control to its field's error for assistive technology. */
export function fieldProps(id: string, error: string | undefined) {
  return { id, "aria-invalid": error !== undefined, "aria-describedby": error === undefined ? undefined : `${id}-error` };
}

export function TextInput({ className, ...rest }: ComponentProps<"input">) {
  return <input className={clsx(CONTROL, HEIGHT, className)} {...rest} />;
}

export function TextArea({ className, ...rest }: ComponentProps<"textarea">) {
  return <textarea className={clsx(CONTROL, "field-sizing-content max-h-80 min-h-20 py-2", className)} {...rest} />;
}

/** The browser's own, which phones show best. */
export function NativeSelect({ className, ...rest }: ComponentProps<"select">) {
  return <select className={clsx(CONTROL, HEIGHT, "pr-8", className)} {...rest} />;
}

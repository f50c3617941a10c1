import clsx from "clsx";
import type { SelectHTMLAttributes } from "react";
import { CONTROL } from "@/ui/field";

/** The browser's own list of choices: short ones inside of forms. */
export function Select({ className, ...rest }: SelectHTMLAttributes<HTMLSelectElement>) {
  return <select className={clsx(CONTROL, "h-9 pr-6", className)} {...rest} />;
}

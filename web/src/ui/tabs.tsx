import clsx from "clsx";
import { Tabs as Radix } from "radix-ui";
import type { ReactNode } from "react";

export interface Tab<Id extends string = string> {
  id: Id;
  label: ReactNode;
  /** A number behind the label. */
  count?: number;
  disabled?: boolean;
}

interface TabsProps<Id extends string> {
  label: string;
  tabs: readonly Tab<Id>[];
  value: Id;
  onChange: (id: Id) => void;
  /** Right of the tabs. */
  aside?: ReactNode;
  /** What the current tab shows. */
  children: ReactNode;
  className?: string;
}

const TAB = "-mb-px inline-flex h-9 shrink-0 items-center gap-1.5 border-b-2 px-0.5 font-medium transition-colors pointer-coarse:h-10";

/** The look of a tab that is a link. */
export function tabClass(current: boolean): string {
  return clsx(TAB, current ? "border-accent text-text" : "border-transparent text-muted hover:text-text");
}

/** Views of one thing, one at a time. */
export function Tabs<Id extends string>({ label, tabs, value, onChange, aside, children, className }: TabsProps<Id>) {
  return (
    <Radix.Root value={value} onValueChange={(id) => onChange(id as Id)} className={clsx("flex min-h-0 flex-col", className)}>
      <div className="flex items-center gap-3 border-b border-line">
        <Radix.List aria-label={label} className="flex min-w-0 flex-1 gap-4 overflow-x-auto overflow-y-hidden">
          {tabs.map((tab) => (
            <Radix.Trigger
              key={tab.id}
              value={tab.id}
              disabled={tab.disabled ?? false}
              className={clsx(TAB, "border-transparent text-muted hover:text-text disabled:opacity-50 data-[state=active]:border-accent data-[state=active]:text-text")}
            >
              {tab.label}
              {tab.count !== undefined && <span className="tabular text-12 text-muted">{tab.count}</span>}
            </Radix.Trigger>
          ))}
        </Radix.List>
        {aside}
      </div>
      <Radix.Content value={value} className="min-h-0 flex-1 outline-none">
        {children}
      </Radix.Content>
    </Radix.Root>
  );
}

import type { ReactNode } from "react";
import { InstalledList } from "./installed-list";

/** The apps that can be used at the left, the page beside them; on phones the page alone. */
export function ExploreFrame({ current, children }: { current?: string; children: ReactNode }) {
  return (
    <div className="flex min-h-0 flex-1 flex-col md:flex-row">
      <InstalledList current={current} />
      {children}
    </div>
  );
}

import type { ReactNode } from "react";
import { PreferencesMenu } from "@/features/webapp/preferences-menu";
import { Mark } from "@/ui/mark";

/** The quiet page around sign-in and set-up. */
export function AccountFrame({ title, text, children }: { title: string; text: string; children: ReactNode }) {
  return (
    <div className="flex min-h-dvh flex-col bg-bg">
      <div className="flex h-11 items-center justify-end px-3">
        <PreferencesMenu />
      </div>
      <main className="mx-auto w-full max-w-95 flex-1 px-5 pt-[10dvh] pb-10">
        <Mark className="mb-6 size-9" />
        <h1 className="text-20 font-semibold">{title}</h1>
        <p className="mt-1 text-14 text-muted">{text}</p>
        <div className="mt-7">{children}</div>
      </main>
    </div>
  );
}

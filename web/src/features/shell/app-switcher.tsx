import { ChevronsUpDown } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "@/ui/button";
import { Popover } from "@/ui/popover";
import { Spinner } from "@/ui/spinner";

const AppChoice = lazy(() => import("./app-choice"));

/** From one app to another: those changed last, searched by typing, and the ways to all and to a new one. */
export function AppSwitcher({ current }: { current: string }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <Popover
      open={open}
      onOpenChange={setOpen}
      label={t("shell.switchApp")}
      className="w-[min(320px,calc(100vw-24px))]"
      trigger={
        <IconButton label={t("shell.switchApp")}>
          <ChevronsUpDown size={14} strokeWidth={1.5} />
        </IconButton>
      }
    >
      <Suspense fallback={<p className="flex justify-center p-4 text-muted">{<Spinner />}</p>}>
        <AppChoice current={current} onDone={() => setOpen(false)} />
      </Suspense>
    </Popover>
  );
}

import { MoreHorizontal } from "lucide-react";
import { lazy, Suspense, useState, type ComponentType, type ReactElement } from "react";
import { useTranslation } from "react-i18next";
import type { AppMode } from "@/api/console";
import { IconButton } from "@/ui/button";
import { Menu } from "@/ui/menu";
import type { AppMenuItemsProps } from "./app-menu-items";
import type { Asked } from "./asked-dialog";

// What one asks for is loaded when one asks.
const AskedDialog = lazy(() => import("./asked-dialog"));

/** What the menu knows of an app, in a list or open. */
export interface MenuApp {
  id: string;
  name: string;
  description: string;
  mode: AppMode;
  icon_type: string;
  icon: string;
  icon_background: string | null;
  published: boolean;
  /** The catalogue of the workspace offers it. */
  is_template: boolean;
  /** Of the published page, when it is open to visitors. */
  page: string | null;
}

interface AppMenuProps {
  app: MenuApp;
  editable: boolean;
  /** Opens it; three dots when left out. */
  trigger?: ReactElement;
  /** Where to go when the app is gone. */
  onDeleted?: () => unknown;
}

/** Everything that is done to an app as a whole. */
export function AppMenu({ app, editable, trigger, onDeleted }: AppMenuProps) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  // The component and not its element: an open menu follows what becomes of the app.
  const [Items, setItems] = useState<ComponentType<AppMenuItemsProps> | null>(null);
  const [asked, setAsked] = useState<Asked | null>(null);
  if (!editable && !app.published) return null;
  const opening = async () => {
    const { default: AppMenuItems } = await import("./app-menu-items");
    setItems(() => AppMenuItems);
    setOpen(true);
  };
  return (
    <>
      <Menu
        open={open}
        onOpenChange={(wanted) => (wanted ? void opening() : setOpen(false))}
        trigger={
          trigger ?? (
            <IconButton label={t("apps.menu.of", { name: app.name })}>
              <MoreHorizontal size={16} strokeWidth={1.5} />
            </IconButton>
          )
        }
      >
        {Items !== null && <Items app={app} editable={editable} onAsked={setAsked} />}
      </Menu>
      {asked !== null && (
        <Suspense>
          <AskedDialog asked={asked} app={app} onClose={() => setAsked(null)} onDeleted={onDeleted} />
        </Suspense>
      )}
    </>
  );
}

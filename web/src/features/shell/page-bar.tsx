import { createContext, useContext, useEffect, type ReactNode } from "react";
import { createPortal } from "react-dom";
import { useTranslation } from "react-i18next";
import { Breadcrumbs } from "@/ui/breadcrumbs";

/** The places of the bar that pages fill. */
export const BarPlaces = createContext<{ way: HTMLElement | null; actions: HTMLElement | null }>({ way: null, actions: null });

export interface Crumb {
  id: string;
  content: ReactNode;
}

interface PageBarProps {
  /** Of the page; also in the browser's tab. */
  title: string;
  /** What stands for the title in the bar, such as a menu of its own. */
  shown?: ReactNode;
  /** The way to the page, from the left. */
  crumbs?: readonly Crumb[];
  /** Right in the bar: what the page is for. */
  actions?: ReactNode;
}

/** What a page of the console says in the bar above it. */
export function PageBar({ title, shown, crumbs = [], actions }: PageBarProps) {
  const { t } = useTranslation();
  const places = useContext(BarPlaces);
  useDocumentTitle(title);
  const items = [...crumbs, { id: "page", content: shown ?? <h1 className="truncate">{title}</h1> }];
  return (
    <>
      {places.way !== null && createPortal(<Breadcrumbs label={t("shell.way")} items={items} />, places.way)}
      {places.actions !== null && actions !== undefined && createPortal(actions, places.actions)}
    </>
  );
}

/** "Runs - Treadle" in the browser's tab while mounted. */
export function useDocumentTitle(title: string): void {
  useEffect(() => {
    document.title = title === "" ? "Treadle" : `${title} - Treadle`;
    return () => {
      document.title = "Treadle";
    };
  }, [title]);
}

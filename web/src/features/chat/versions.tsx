import { ChevronLeft, ChevronRight } from "lucide-react";
import { useTranslation } from "react-i18next";
import { IconButton } from "@/ui/button";
import type { Place, ThreadItem } from "./thread";

interface VersionsProps<Found extends Place> {
  item: ThreadItem<Found>;
  onChoose: (sibling: Found) => void;
}

/** The way between the answers at one place; nothing where there is one only. */
export function Versions<Found extends Place>({ item, onChoose }: VersionsProps<Found>) {
  const { t } = useTranslation();
  const { siblings, position } = item;
  if (siblings.length < 2) return null;
  const before = siblings[position - 1];
  const after = siblings[position + 1];
  return (
    <span className="mr-1 flex items-center" role="group" aria-label={t("chat.versions")}>
      <IconButton label={t("chat.previousAnswer")} disabled={before === undefined} onClick={() => before && onChoose(before)}>
        <ChevronLeft size={16} strokeWidth={1.5} />
      </IconButton>
      <span className="tabular text-12">
        {position + 1}/{siblings.length}
      </span>
      <IconButton label={t("chat.nextAnswer")} disabled={after === undefined} onClick={() => after && onChoose(after)}>
        <ChevronRight size={16} strokeWidth={1.5} />
      </IconButton>
    </span>
  );
}

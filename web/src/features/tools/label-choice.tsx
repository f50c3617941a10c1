import { ChevronDown, Tag, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "@/ui/button";
import { Checkbox } from "@/ui/checkbox";
import { Popover } from "@/ui/popover";
import { LABELS } from "./tools-query";

interface LabelChoiceProps {
  chosen: readonly string[];
  onChange: (labels: string[]) => void;
}

/** Some of the labels that providers are sorted by. */
export function LabelChoice({ chosen, onChange }: LabelChoiceProps) {
  const { t } = useTranslation();
  const named = LABELS.filter((label) => chosen.includes(label)).map((label) => t(`tools.labels.${label}`));
  return (
    <span className="inline-flex min-w-0 items-center">
      <Popover
        label={t("tools.labelled")}
        className="w-[min(320px,calc(100vw-24px))] p-3"
        trigger={
          <Button className="max-w-60 min-w-0 shrink" icon={<Tag size={14} strokeWidth={1.5} />}>
            <span className="truncate">{named.length === 0 ? t("tools.labelled") : named.join(", ")}</span>
            <ChevronDown aria-hidden size={14} strokeWidth={1.5} className="text-muted" />
          </Button>
        }
      >
        <div role="group" aria-label={t("tools.labelled")} className="grid grid-cols-2 gap-2">
          {LABELS.map((label) => (
            <Checkbox
              key={label}
              checked={chosen.includes(label)}
              label={t(`tools.labels.${label}`)}
              onChange={(on) => onChange(LABELS.filter((each) => (each === label ? on : chosen.includes(each))))}
            />
          ))}
        </div>
      </Popover>
      {chosen.length > 0 && (
        <IconButton label={t("tools.clearLabels")} onClick={() => onChange([])}>
          <X size={14} strokeWidth={1.5} />
        </IconButton>
      )}
    </span>
  );
}

import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { useAccount } from "@/features/account/account-context";
import { mayAdminister } from "@/features/account/roles";
import { Button } from "@/ui/button";
import { Select } from "@/ui/select";
import { extensionsQuery } from "./extensions-query";

const ExtensionDialog = lazy(() => import("./extension-dialog"));

interface ExtensionPickerProps {
  value: string;
  onChange: (id: string) => void;
  label: string;
  disabled?: boolean;
}

/** One of the workspace's API extensions, or a new one. */
export function ExtensionPicker({ value, onChange, label, disabled = false }: ExtensionPickerProps) {
  const { t } = useTranslation();
  const [adding, setAdding] = useState(false);
  const { data, isSuccess } = useQuery(extensionsQuery);
  const { role } = useAccount();
  const gone = isSuccess && value !== "" && !data.some((extension) => extension.id === value);
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <div className="flex min-w-0 items-center gap-2">
        <Select
          label={label}
          value={gone || value === "" ? null : value}
          disabled={disabled}
          placeholder={t("extensions.choose")}
          onChange={onChange}
          options={(data ?? []).map((extension) => ({ value: extension.id, label: extension.name, hint: extension.api_endpoint }))}
        />
        {!disabled && mayAdminister(role) && (
          <Button size="small" icon={<Plus size={14} strokeWidth={1.5} />} onClick={() => setAdding(true)}>
            {t("extensions.add")}
          </Button>
        )}
      </div>
      {gone && <p className="text-12 text-danger">{t("extensions.gone")}</p>}
      <Suspense>
        {adding && (
          <ExtensionDialog
            onClose={() => setAdding(false)}
            onSaved={({ id }) => {
              setAdding(false);
              onChange(id);
            }}
          />
        )}
      </Suspense>
    </div>
  );
}

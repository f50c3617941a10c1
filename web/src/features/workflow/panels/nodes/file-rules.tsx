import { useTranslation } from "react-i18next";
import { TagInput } from "@/ui/tag-input";
import { Row } from "../section";

export interface FileRulesData {
  allowed_file_types?: string[] | null;
  allowed_file_extensions?: string[] | null;
  allowed_file_upload_methods?: string[] | null;
}

interface FileRulesProps {
  value: FileRulesData;
  onChange: (part: FileRulesData) => void;
  disabled: boolean;
}

const TYPES = ["image", "document", "audio", "video", "custom"] as const;
const METHODS = ["local_file", "remote_url"] as const;

/** What files may be given, and how. */
export function FileRules({ value, onChange, disabled }: FileRulesProps) {
  const { t } = useTranslation();
  const types = value.allowed_file_types ?? [];
  const methods = value.allowed_file_upload_methods ?? [];
  return (
    <>
      <Row label={t("panels.files.types")} stacked>
        <div role="group" aria-label={t("panels.files.types")} className="flex flex-wrap gap-x-4 gap-y-1">
          {TYPES.map((type) => (
            <label key={type} className="flex min-h-7 items-center gap-1.5">
              <input
                type="checkbox"
                checked={types.includes(type)}
                disabled={disabled}
                onChange={(event) => onChange({ allowed_file_types: toggled(types, type, event.target.checked) })}
              />
              {t(`panels.files.${type}`)}
            </label>
          ))}
        </div>
      </Row>
      {types.includes("custom") && (
        <Row label={t("panels.files.extensions")} stacked>
          <TagInput
            label={t("panels.files.extensions")}
            placeholder=".epub"
            value={value.allowed_file_extensions ?? []}
            disabled={disabled}
            onChange={(extensions) => onChange({ allowed_file_extensions: extensions.map((each) => (each.startsWith(".") ? each : `.${each}`)) })}
          />
        </Row>
      )}
      <Row label={t("panels.files.methods")} stacked>
        <div role="group" aria-label={t("panels.files.methods")} className="flex flex-wrap gap-x-4">
          {METHODS.map((method) => (
            <label key={method} className="flex min-h-7 items-center gap-1.5">
              <input
                type="checkbox"
                checked={methods.includes(method)}
                disabled={disabled}
                onChange={(event) => onChange({ allowed_file_upload_methods: toggled(methods, method, event.target.checked) })}
              />
              {t(`panels.files.${method}`)}
            </label>
          ))}
        </div>
      </Row>
    </>
  );
}

function toggled(values: readonly string[], value: string, on: boolean): string[] {
  return on ? [...values, value] : values.filter((each) => each !== value);
}

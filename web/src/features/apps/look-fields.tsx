import { useId } from "react";
import { useTranslation } from "react-i18next";
import { Field, fieldProps, TextArea, TextInput } from "@/ui/field";
import { IconPicker } from "./icon-picker";
import type { Looks } from "./looks";

interface LookFieldsProps {
  value: Looks;
  onChange: (value: Looks) => void;
  /** The address of the picture that the icon may be already. */
  pictureUrl?: string | undefined;
  /** What is wrong with the name. */
  nameError?: string | undefined;
  withDescription?: boolean;
}

const MAX_NAME = 255;
const MAX_DESCRIPTION = 4000;

/** The icon and the name of an app in one line, and what it is for below. */
export function LookFields({ value, onChange, pictureUrl, nameError, withDescription = true }: LookFieldsProps) {
  const { t } = useTranslation();
  const id = useId();
  return (
    <div className="flex flex-col gap-4">
      <div className="flex items-start gap-3">
        <div className="pt-1">
          <IconPicker value={value} onChange={(icon) => onChange({ ...value, ...icon })} pictureUrl={pictureUrl} />
        </div>
        <div className="min-w-0 flex-1">
          <Field id={`${id}-name`} label={t("apps.looks.name")} error={nameError}>
            <TextInput
              {...fieldProps(`${id}-name`, nameError)}
              autoFocus
              autoComplete="off"
              maxLength={MAX_NAME}
              placeholder={t("apps.looks.namePlaceholder")}
              value={value.name}
              onChange={(event) => onChange({ ...value, name: event.target.value })}
            />
          </Field>
        </div>
      </div>
      {withDescription && (
        <Field id={`${id}-description`} label={t("apps.looks.description")} optional>
          <TextArea
            id={`${id}-description`}
            maxLength={MAX_DESCRIPTION}
            placeholder={t("apps.looks.descriptionPlaceholder")}
            value={value.description}
            onChange={(event) => onChange({ ...value, description: event.target.value })}
          />
        </Field>
      )}
    </div>
  );
}

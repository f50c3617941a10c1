import clsx from "clsx";
import { Eye, EyeOff } from "lucide-react";
import { useState, type ComponentProps } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "./button";
import { TextInput } from "./field";

/** A key or token: hidden until one looks. Browsers neither fill it in nor keep it. */
export function SecretInput({ className, ...rest }: Omit<ComponentProps<"input">, "type">) {
  const { t } = useTranslation();
  const [shown, setShown] = useState(false);
  return (
    <div className="relative">
      <TextInput
        type={shown ? "text" : "password"}
        autoComplete="new-password"
        spellCheck={false}
        data-1p-ignore=""
        className={clsx("pr-9! pointer-coarse:pr-11! font-mono", className)}
        {...rest}
      />
      <IconButton
        label={shown ? t("common.hideSecret") : t("common.showSecret")}
        className="absolute inset-y-0 right-0.5 my-auto"
        onClick={() => setShown(!shown)}
      >
        {shown ? <EyeOff size={16} strokeWidth={1.5} /> : <Eye size={16} strokeWidth={1.5} />}
      </IconButton>
    </div>
  );
}

import { Link, Paperclip, Upload } from "lucide-react";
import { useRef, useState, type ComponentProps } from "react";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, fieldProps, TextInput } from "@/ui/field";
import { Menu, MenuItem } from "@/ui/menu";
import { acceptOf, type FileLimits } from "./limits";
import type { FileIntake } from "./use-file-intake";

interface AttachProps {
  limits: FileLimits;
  intake: FileIntake;
  disabled?: boolean;
  /** A labelled button instead of an icon. */
  labelled?: boolean;
}

/** Adds files from the device or by link, whichever the place allows. */
export function AttachMenu({ limits, intake, disabled = false, labelled = false }: AttachProps) {
  const { t } = useTranslation();
  const picker = useRef<HTMLInputElement>(null);
  const [linking, setLinking] = useState(false);
  const local = limits.methods.includes("local_file");
  const remote = limits.methods.includes("remote_url");
  const both = local && remote;
  const pick = () => picker.current?.click();
  const look = { labelled, disabled };
  return (
    <>
      {both ? (
        <Menu trigger={<AttachButton {...look} />} align="start" side="top">
          <MenuItem icon={<Upload size={16} strokeWidth={1.5} />} onSelect={pick}>
            {t("files.fromDevice")}
          </MenuItem>
          <MenuItem icon={<Link size={16} strokeWidth={1.5} />} onSelect={() => setLinking(true)}>
            {t("files.byLink")}
          </MenuItem>
        </Menu>
      ) : (
        <AttachButton {...look} onClick={local ? pick : () => setLinking(true)} />
      )}
      <input
        ref={picker}
        type="file"
        hidden
        multiple={limits.count > 1}
        accept={acceptOf(limits)}
        onChange={(event) => {
          intake.takeFiles(event.target.files ?? []);
          event.target.value = "";
        }}
      />
      <LinkDialog open={linking} onOpenChange={setLinking} onLink={intake.takeLink} />
    </>
  );
}

function AttachButton({ labelled, ...rest }: ComponentProps<"button"> & { labelled: boolean }) {
  const { t } = useTranslation();
  return labelled ? (
    <Button icon={<Paperclip size={16} strokeWidth={1.5} />} {...rest}>
      {t("files.add")}
    </Button>
  ) : (
    <IconButton label={t("files.add")} className="size-8" {...rest}>
      <Paperclip size={18} strokeWidth={1.5} />
    </IconButton>
  );
}

interface LinkDialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  onLink: (url: string) => boolean;
}

function LinkDialog({ open, onOpenChange, onLink }: LinkDialogProps) {
  const { t } = useTranslation();
  const [url, setUrl] = useState("");
  const [wrong, setWrong] = useState(false);
  const error = wrong ? t("files.notLink") : undefined;
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={t("files.byLink")}>
      <form
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          const taken = onLink(url.trim());
          setWrong(!taken);
          if (!taken) return;
          setUrl("");
          onOpenChange(false);
        }}
      >
        <Field id="file-link" label={t("files.linkLabel")} error={error}>
          <TextInput
            {...fieldProps("file-link", error)}
            type="url"
            placeholder="https://"
            value={url}
            onChange={(event) => setUrl(event.target.value)}
          />
        </Field>
        <div className="flex justify-end gap-2">
          <Button onClick={() => onOpenChange(false)}>{t("common.cancel")}</Button>
          <Button type="submit" variant="primary">
            {t("files.addLink")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

import { Download } from "lucide-react";
import { useTranslation } from "react-i18next";
import { encode, renderSVG } from "uqr";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";

interface QrDialogProps {
  url: string;
  /** Of the file, without its ending. */
  name: string;
  onClose: () => void;
}

/** Pixels of a module in the downloaded picture: sharp in print, small as a file. */
const MODULE = 12;

/** The address of a page as a code for cameras. Mounted means open. */
export default function QrDialog({ url, name, onClose }: QrDialogProps) {
  const { t } = useTranslation();
  const download = () => {
    const link = document.createElement("a");
    link.href = drawn(url).toDataURL("image/png");
    link.download = `${name}.png`;
    link.click();
  };
  return (
    <Dialog open onOpenChange={onClose} title={t("publishing.code")}>
      <div className="flex flex-col items-center gap-4">
        <img alt={url} className="size-60 rounded-card bg-white p-2" src={`data:image/svg+xml;utf8,${encodeURIComponent(renderSVG(url))}`} />
        <p className="w-full text-center font-mono text-12 break-all text-muted">{url}</p>
        <Button icon={<Download size={16} strokeWidth={1.5} />} onClick={download}>
          {t("publishing.downloadCode")}
        </Button>
      </div>
    </Dialog>
  );
}

function drawn(text: string): HTMLCanvasElement {
  const { data, size } = encode(text);
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size * MODULE;
  const context = canvas.getContext("2d");
  if (context === null) return canvas;
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = "black";
  for (const [y, row] of data.entries()) {
    for (const [x, dark] of row.entries()) if (dark) context.fillRect(x * MODULE, y * MODULE, MODULE, MODULE);
  }
  return canvas;
}

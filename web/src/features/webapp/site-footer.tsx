import { useTranslation } from "react-i18next";
import type { Site } from "@/api/webapp-types";
import { Markdown } from "@/ui/markdown/markdown";

/** Copyright, privacy policy and disclaimer of a published app, as far as it has them. */
export function SiteFooter({ site, className = "" }: { site: Site; className?: string }) {
  const { t } = useTranslation();
  const privacy = site.privacy_policy !== null && /^https?:\/\//.test(site.privacy_policy) ? site.privacy_policy : null;
  const copyright = site.copyright === null || site.copyright === "" ? null : site.copyright;
  const disclaimer = site.custom_disclaimer === null || site.custom_disclaimer === "" ? null : site.custom_disclaimer;
  if (privacy === null && copyright === null && disclaimer === null) return null;
  return (
    <footer className={`flex flex-wrap items-center justify-center gap-x-3 text-center text-12 text-muted ${className}`}>
      {disclaimer !== null && (
        <div className="min-w-0 basis-full [&_.prose]:text-12!">
          <Markdown text={disclaimer} />
        </div>
      )}
      {copyright !== null && <span>© {copyright}</span>}
      {privacy !== null && (
        <a href={privacy} target="_blank" rel="noopener noreferrer" className="underline underline-offset-2 hover:text-text">
          {t("webapp.privacy")}
        </a>
      )}
    </footer>
  );
}

import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

/** The way back, below the other ways in. */
export function ToSignIn() {
  const { t } = useTranslation();
  return (
    <p className="mt-6">
      <Link to="/signin" className="text-accent hover:underline">
        {t("proofs.backToSignIn")}
      </Link>
    </p>
  );
}

import { useQuery } from "@tanstack/react-query";
import { api, call } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Spinner } from "@/ui/spinner";
import { chosenOf } from "./chosen";
import { Wizard, type Source } from "./wizard";

interface WizardPageProps {
  baseId: string | null;
  documentId: string | null;
  source: Source;
  step: "source" | "cut";
  onGo: (to: { source: Source; step: "source" | "cut" }) => void;
}

/** Fetches what the wizard begins with: the base, its rule, and the document to cut anew. */
export function WizardPage({ baseId, documentId, source, step, onGo }: WizardPageProps) {
  const errorText = useErrorText();
  const start = useQuery({
    queryKey: ["datasets", "wizard", baseId, documentId],
    gcTime: 0,
    queryFn: async ({ signal }) => {
      if (baseId === null) return { base: null };
      const path = { dataset_id: baseId };
      const base = await call(api.GET("/datasets/{dataset_id}", { params: { path }, signal }));
      if (documentId === null) {
        if (base.doc_form === null) return { base };
        const rule = await call(api.GET("/datasets/process-rule", { params: { query: path }, signal }));
        return { base, rule };
      }
      const [document, rule] = await Promise.all([
        call(api.GET("/datasets/{dataset_id}/documents/{document_id}", { params: { path: { ...path, document_id: documentId } }, signal })),
        call(api.GET("/datasets/process-rule", { params: { query: { document_id: documentId } }, signal })),
      ]);
      if (!("name" in document)) return { base };
      return { base, rule, language: document.doc_language, again: { id: document.id, name: document.name, chosen: chosenOf(document) } };
    },
  });
  if (start.error !== null) return <p className="p-4 text-danger">{errorText(start.error)}</p>;
  if (start.data === undefined) return <Spinner />;
  return <Wizard {...start.data} source={source} step={step} onGo={onGo} />;
}

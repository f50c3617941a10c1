interface SuggestionsProps {
  questions: readonly string[];
  label: string;
  onAsk: (query: string) => void;
}

/** Questions that are asked by a click. */
export function Suggestions({ questions, label, onAsk }: SuggestionsProps) {
  const shown = questions.filter((question) => question.trim() !== "").slice(0, 10);
  if (shown.length === 0) return null;
  return (
    <ul aria-label={label} className="animate-fade flex flex-wrap gap-2">
      {shown.map((question) => (
        <li key={question}>
          <button
            type="button"
            onClick={() => onAsk(question)}
            className="min-h-8 rounded-control border border-line bg-raised px-3 py-1.25 text-start hover:border-line-strong hover:bg-sunken pointer-coarse:min-h-10"
          >
            {question}
          </button>
        </li>
      ))}
    </ul>
  );
}

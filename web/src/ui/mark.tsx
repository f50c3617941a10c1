/** Treadle's mark: a loom's beam, treadle and two threads. */
export function Mark({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" className={className} aria-hidden>
      <rect width="32" height="32" rx="7" className="fill-accent" />
      <path d="M8 9h16M16 9v15M9 15l14 4M9 19l14-4" className="stroke-on-accent" strokeWidth="2.4" strokeLinecap="round" fill="none" />
    </svg>
  );
}

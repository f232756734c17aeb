/** An object and where it was in the frames before. */
export function Logo({ size = 20 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" fill="none" aria-hidden>
      <path
        d="M6.6 17.6a6 6 0 0 1 0-11.2"
        stroke="var(--accent-text)"
        strokeOpacity="0.45"
        strokeWidth="2"
        strokeLinecap="round"
      />
      <path
        d="M10.2 18.6a7 7 0 0 1 0-13.2"
        stroke="var(--accent-text)"
        strokeOpacity="0.75"
        strokeWidth="2"
        strokeLinecap="round"
      />
      <circle cx="15.5" cy="12" r="6.5" fill="var(--accent-text)" />
    </svg>
  );
}

/** The product's mark: the plan of a small fort with its keep. Decoration only. */
export function RedoubtMark({ size }: { readonly size: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false" style={{ flex: 'none' }}>
      <rect width="32" height="32" rx="6" fill="var(--accent-fill)" />
      <path
        d="M6 6h6l2 3h4l2-3h6v6l-3 2v4l3 2v6h-6l-2-3h-4l-2 3H6v-6l3-2v-4l-3-2z"
        fill="none"
        stroke="#fff"
        strokeWidth="2"
        strokeLinejoin="round"
      />
      <rect x="13" y="13" width="6" height="6" rx="1" fill="#fff" />
    </svg>
  );
}

import styles from './welcome-page.module.css';

/** One base and three machines that hang from it. Decoration; the words beside it say the same. */
export function ChainDrawing() {
  return (
    <svg className={styles.drawing} viewBox="0 0 300 116" aria-hidden="true" focusable="false">
      <g fill="none" stroke="var(--line-strong)" strokeWidth="1.5">
        <path d="M104 58h34M138 58c22 0 14-38 44-38M138 58h44M138 58c22 0 14 38 44 38" />
      </g>
      <g>
        <rect x="20" y="36" width="84" height="44" rx="5" fill="var(--accent-fill)" />
        <path
          d="M34 50h56M34 58h56M34 66h36"
          stroke="#fff"
          strokeOpacity="0.75"
          strokeWidth="2.5"
          strokeLinecap="round"
        />
      </g>
      {[20, 58, 96].map((y, index) => (
        <g key={y}>
          <rect
            x="182"
            y={y - 13}
            width="98"
            height="26"
            rx="5"
            fill="var(--raised)"
            stroke="var(--line-strong)"
            strokeWidth="1.5"
          />
          <circle
            cx="196"
            cy={y}
            r="4"
            fill={index === 1 ? 'var(--running)' : 'none'}
            stroke={index === 1 ? 'var(--running)' : 'var(--line-strong)'}
            strokeWidth="1.5"
          />
          <path
            d={`M208 ${String(y)}h${String(58 - index * 14)}`}
            stroke="var(--line-strong)"
            strokeWidth="2.5"
            strokeLinecap="round"
          />
        </g>
      ))}
    </svg>
  );
}

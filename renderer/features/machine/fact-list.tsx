import type { ReactNode } from 'react';
import styles from './machine-page.module.css';

export interface Fact {
  readonly label: string;
  readonly value: ReactNode;
  readonly testId?: string;
  /** Written left to right and broken anywhere. */
  readonly isPath?: boolean;
}

/** Names and values in two columns. Values can be selected and copied. */
export function FactList({ facts }: { readonly facts: readonly Fact[] }) {
  return (
    <dl className={styles.factList}>
      {facts.map((fact, index) => (
        <div key={`${fact.label}${String(index)}`} className={styles.fact}>
          <dt>{fact.label}</dt>
          <dd
            data-selectable
            data-testid={fact.testId}
            data-path={fact.isPath}
            {...(fact.isPath === true ? { dir: 'ltr' } : {})}
          >
            {fact.value}
          </dd>
        </div>
      ))}
    </dl>
  );
}

import { Button } from '@mantine/core';
import { IconPlugConnectedX } from '@tabler/icons-react';
import { useConnection } from '../../stores/connection.ts';
import { connection } from '../../transport/client.ts';
import styles from './tasks.module.css';
import { t } from './words.ts';

/** Stands on top while the core can't be reached. What is on screen then is what was last known. */
export function ConnectionBanner() {
  const isLost = useConnection((state) => state.state === 'lost');
  return (
    <div role="status">
      {isLost ? (
        <div className={styles.lost} data-testid="connection.lost">
          <IconPlugConnectedX size={16} aria-hidden="true" />
          <span>{t('lost.text')}</span>
          <Button
            size="compact-xs"
            onClick={() => {
              connection().retryNow();
            }}
          >
            {t('lost.retry')}
          </Button>
        </div>
      ) : undefined}
    </div>
  );
}

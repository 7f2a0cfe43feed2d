import { Button, Tooltip, type ButtonProps } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Action, ActionContext } from '../actions/action.ts';
import { ariaKey, isMacPlatform, offeredKey, writeKey } from '../actions/keys.ts';
import { runAction } from '../actions/run-action.ts';

/**
 * A button that does an action of the table. Where the action can't be done it stays reachable, and says
 * why; a button that vanishes for the keyboard could not.
 */
export function ActionButton(props: {
  readonly action: Action;
  readonly context: ActionContext;
  readonly testId: string;
  readonly icon?: ReactNode;
  /** Only the icon is shown; the name is for assistive technology and the tooltip. */
  readonly isIconOnly?: boolean;
  readonly label?: string;
  readonly variant?: ButtonProps['variant'];
  readonly tabIndex?: number;
  readonly className?: string;
}) {
  const { action, context, testId, icon, isIconOnly = false, tabIndex, className } = props;
  const label = props.label ?? action.label;
  const enabled = action.enabledWhen(context);
  const key = offeredKey(action.key, context.shell);
  const isMac = isMacPlatform();
  const name = key === undefined ? label : `${label} (${writeKey(key, isMac)})`;
  return (
    <Tooltip label={enabled === true ? name : enabled} disabled={enabled === true && !isIconOnly && key === undefined}>
      <Button
        variant={props.variant ?? 'default'}
        {...(className === undefined ? {} : { className })}
        {...(tabIndex === undefined ? {} : { tabIndex })}
        aria-disabled={enabled !== true || undefined}
        {...(enabled === true ? {} : { 'data-disabled': true })}
        aria-label={isIconOnly ? label : undefined}
        aria-keyshortcuts={key === undefined ? undefined : ariaKey(key, isMac)}
        data-testid={testId}
        {...(isIconOnly ? { px: 7 } : {})}
        leftSection={isIconOnly ? undefined : icon}
        onClick={() => {
          runAction(action, context);
        }}
      >
        {isIconOnly ? icon : label}
      </Button>
    </Tooltip>
  );
}

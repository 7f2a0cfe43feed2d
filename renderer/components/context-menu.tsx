import { Menu } from '@mantine/core';
import { useActionContext } from '../actions/context.ts';
import type { MenuGroup } from '../actions/action-table.ts';
import type { Selection } from '../stores/selection.ts';
import { MenuItems } from './menu-items.tsx';

/** Where a context menu was asked for, in page coordinates, and on what. */
export interface ContextMenuRequest {
  readonly x: number;
  readonly y: number;
  readonly target: Selection;
  readonly items: MenuGroup['items'];
}

/** The menu of the right button and of the context key, at the place where it was asked for. */
export function ContextMenu({
  request,
  onClose,
}: {
  readonly request: ContextMenuRequest;
  readonly onClose: () => void;
}) {
  const context = useActionContext(request.target);
  return (
    <Menu
      opened
      onChange={(isOpen) => (isOpen ? undefined : onClose())}
      position="bottom-start"
      offset={0}
      width={270}
      withInitialFocusPlaceholder={false}
      returnFocus={false}
      // Not `keydown`: the press of the context key that opens the menu would close it again.
      clickOutsideEvents={['mousedown', 'touchstart']}
    >
      <Menu.Target>
        <span style={{ position: 'fixed', left: request.x, top: request.y, width: 1, height: 1 }} />
      </Menu.Target>
      <Menu.Dropdown data-testid="context-menu">
        <MenuItems items={request.items} context={context} testId="context" />
      </Menu.Dropdown>
    </Menu>
  );
}

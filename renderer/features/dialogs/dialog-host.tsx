import { Fragment, type ReactNode } from 'react';
import { closeDialog, useDialogs, type OpenDialog } from '../../stores/dialogs.ts';

/** Draws every open dialog, the topmost last. */
export function DialogHost() {
  const stack = useDialogs((state) => state.stack);
  return (
    <>
      {stack.map((dialog) => (
        <Fragment key={dialog.key}>{draw(dialog, () => {
          closeDialog(dialog.key);
        })}</Fragment>
      ))}
    </>
  );
}

function draw(dialog: OpenDialog, onClose: () => void): ReactNode {
  void onClose;
  void dialog;
  return undefined;
}

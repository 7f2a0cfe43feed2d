import { DialogHost } from './features/dialogs/dialog-host.tsx';

/** The window. */
export function App() {
  return (
    <>
      <DialogHost />
    </>
  );
}

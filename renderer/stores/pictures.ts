import { create } from 'zustand';

/** A guest's screen as it was: an address for an image element, and when (milliseconds since 1970). */
export interface Picture {
  readonly url: string;
  readonly takenAt: number;
}

/** The last picture of each machine that this page has seen. */
export const usePictures = create<{ readonly byMachine: Readonly<Record<string, Picture>> }>()(() => ({
  byMachine: {},
}));

/** Keeps a newer picture, by default of this moment, and gives the memory of the older one back. */
export function keepPicture(machineId: string, png: Blob, takenAt: number = Date.now()): void {
  const old = usePictures.getState().byMachine[machineId];
  const picture = { url: URL.createObjectURL(png), takenAt };
  usePictures.setState(({ byMachine }) => ({ byMachine: { ...byMachine, [machineId]: picture } }));
  // The image on screen changes its address in the next frame; until then it may still read the old one.
  if (old !== undefined) {
    setTimeout(() => {
      URL.revokeObjectURL(old.url);
    }, 1000);
  }
}

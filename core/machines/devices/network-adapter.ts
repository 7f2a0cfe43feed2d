import type { z } from 'zod';
import type { networkSchema } from '../../api/machines.ts';
import type { VmxDocument } from '../vmx/vmx-document.ts';
import { isTrue } from './disk.ts';

export type Network = z.infer<typeof networkSchema>;

/** The first network card. A card on a custom network counts as bridged, which is also the format's default. */
export function readNetwork(document: VmxDocument): Network {
  if (!isTrue(document.get('ethernet0.present'))) return 'none';
  const type = (document.get('ethernet0.connectionType') ?? '').toLowerCase();
  return type === 'nat' || type === 'hostonly' ? type : 'bridged';
}

export function writeNetwork(document: VmxDocument, network: Network): void {
  if (readNetwork(document) === network) return;
  document.set('ethernet0.present', network === 'none' ? 'FALSE' : 'TRUE');
  if (network !== 'none') document.set('ethernet0.connectionType', network);
}

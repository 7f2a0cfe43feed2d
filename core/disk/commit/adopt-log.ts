import { randomBytes } from 'node:crypto';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { hostFiles } from '../files/disk-file.ts';
import { formatNamed } from '../formats/open-format.ts';
import { contentIdFor } from '../formats/sidecar-books.ts';
import { readLinkHead, type LinkHead } from '../link-head.ts';

/**
 * Gives ids to a redo log that another program made, so that a commit can be told to be its own. Written
 * into all its segments, synced, the first last; nothing else of it changes, so a crash in between leaves a
 * log that opens as before. One that has ids comes back as it is. Throws disk.unsupported, disk.io.
 */
export function adoptLog(head: LinkHead): LinkHead {
  if (head.state.record !== undefined) return head;
  const record = { contentId: contentIdFor(head.state.cid), linkId: randomBytes(16).toString('hex') };
  formatNamed(head.format).changeState(hostFiles, head.files, (state) => ({ ...state, record }));
  const adopted = readLinkHead(head.path);
  if (adopted.state.record?.linkId === record.linkId) return adopted;
  throw new RedoubtError('disk.unsupported', `${head.path} has no room for ids of ours.`, {
    file: head.path,
    feature: 'committing a redo log that can keep no ids',
  });
}

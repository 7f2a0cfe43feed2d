/**
 * The guest systems that the wizard and the editor offer, with what each of them suggests for memory and
 * disk. `id` is what a configuration file says (`guestOS = "winXPPro"`); a file may name one that is not
 * here, and then it is shown as it stands.
 *
 * Memory is megabytes. Recommended sizes are decisions of Redoubt: what the system ran well with when it
 * was new, kept small because many machines share one computer.
 */
export type GuestGroup = 'windows' | 'linux' | 'bsd' | 'dos' | 'other';

export interface GuestSystem {
  readonly id: string;
  readonly group: GuestGroup;
  readonly name: string;
  readonly minimumMb: number;
  readonly recommendedMb: number;
  readonly diskGb: number;
  /** Its drivers address an IDE disk with 28 bits: 2^28 sectors of 512 bytes are 128 GB. */
  readonly isLimitedTo128Gb: boolean;
}

export const guestGroups: readonly { value: GuestGroup; label: string }[] = [
  { value: 'windows', label: 'Windows' },
  { value: 'linux', label: 'Linux' },
  { value: 'bsd', label: 'BSD' },
  { value: 'dos', label: 'DOS' },
  { value: 'other', label: 'Other' },
];

function guest(
  id: string,
  group: GuestGroup,
  name: string,
  minimumMb: number,
  recommendedMb: number,
  diskGb: number,
  isLimitedTo128Gb = false,
): GuestSystem {
  return { id, group, name, minimumMb, recommendedMb, diskGb, isLimitedTo128Gb };
}

export const guestSystems: readonly GuestSystem[] = [
  guest('winXPPro', 'windows', 'Windows XP Professional', 64, 256, 8),
  guest('winXPHome', 'windows', 'Windows XP Home Edition', 64, 256, 8),
  guest('win2000Pro', 'windows', 'Windows 2000 Professional', 64, 128, 4, true),
  guest('win2000Serv', 'windows', 'Windows 2000 Server', 128, 256, 4, true),
  guest('winNT', 'windows', 'Windows NT 4', 32, 64, 4, true),
  guest('winMe', 'windows', 'Windows Me', 32, 96, 4, true),
  guest('win98', 'windows', 'Windows 98', 32, 64, 4, true),
  guest('win95', 'windows', 'Windows 95', 16, 64, 2, true),
  guest('linux', 'linux', 'Linux (32-bit)', 64, 256, 4),
  guest('otherlinux-64', 'linux', 'Linux (64-bit)', 128, 1024, 16),
  guest('redhat', 'linux', 'Red Hat Linux', 64, 128, 4, true),
  guest('debian', 'linux', 'Debian (32-bit)', 64, 256, 8),
  guest('debian-64', 'linux', 'Debian (64-bit)', 256, 1024, 16),
  guest('freeBSD', 'bsd', 'FreeBSD (32-bit)', 64, 128, 4),
  guest('freeBSD-64', 'bsd', 'FreeBSD (64-bit)', 128, 512, 8),
  guest('openbsd', 'bsd', 'OpenBSD', 64, 128, 4),
  guest('netbsd', 'bsd', 'NetBSD', 32, 128, 4),
  guest('dos', 'dos', 'MS-DOS or compatible', 4, 16, 1, true),
  guest('win31', 'dos', 'Windows 3.1 on DOS', 8, 16, 1, true),
  guest('other', 'other', 'Other (32-bit)', 4, 64, 4),
  guest('other-64', 'other', 'Other (64-bit)', 16, 256, 4),
];

export const defaultGuestId = 'other';

/** What is known of a guest system; of an unknown id, the sober figures of `other` under its own name. */
export function guestSystem(id: string): GuestSystem {
  return guestSystems.find((known) => known.id === id) ?? { ...guest(id, 'other', id, 4, 64, 4) };
}

export function guestsOfGroup(group: GuestGroup): readonly GuestSystem[] {
  return guestSystems.filter((known) => known.group === group);
}

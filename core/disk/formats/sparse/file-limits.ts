import { SECTOR_BYTES } from '../../../base/units.ts';

/** 2^31 − 1 bytes in whole sectors: no file of a split disk passes it. */
export const SPLIT_FILE_LIMIT_SECTORS = Math.floor(0x7fff_ffff / SECTOR_BYTES);
/** What a 32-bit sector number reaches: the limit of a file that is not split. */
export const FORMAT_LIMIT_SECTORS = 0xffff_ffff;

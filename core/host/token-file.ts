import { randomBytes } from 'node:crypto';
import { openSync, readFileSync, closeSync, writeSync } from 'node:fs';

/** Fewer characters could be guessed. */
const minimumTokenLength = 16;

/** A new token: 192 random bits that need no escapes in an address. */
export function makeToken(): string {
  return randomBytes(24).toString('base64url');
}

/**
 * The token kept in `file`, so that an address stays good from one start to the next. A file that does not
 * exist is made, readable for its owner only. Throws an Error that says what is wrong with it.
 */
export function tokenFromFile(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return writeToken(file);
  }
  if (text.length < minimumTokenLength || /\s/.test(text)) {
    throw new Error(
      `${file} holds no token: one word of at least ${String(minimumTokenLength)} characters is expected`,
    );
  }
  return text;
}

function writeToken(file: string): string {
  const token = makeToken();
  const descriptor = openSync(file, 'wx', 0o600);
  try {
    writeSync(descriptor, `${token}\n`);
  } finally {
    closeSync(descriptor);
  }
  return token;
}

/** Makes a base and is killed at the nth sync of it. Run by tests as a process of its own. */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const [request = '', nth = ''] = process.argv.slice(2);
const { fsyncSync, fdatasyncSync } = fs;
let syncs = 0;
function dieAtNth(): void {
  if (++syncs === Number(nth)) process.kill(process.pid, 'SIGKILL');
}
fs.fsyncSync = (descriptor) => {
  dieAtNth();
  fsyncSync(descriptor);
};
fs.fdatasyncSync = (descriptor) => {
  dieAtNth();
  fdatasyncSync(descriptor);
};
syncBuiltinESMExports();

const { createBase } = await import('../../core/disk/create/create-base.ts');
await createBase(JSON.parse(request) as Parameters<typeof createBase>[0]);

/**
 * What a process must be started with that serves disks: so many reads of disks that are in no cache go on at a time.
 * A process can't give it to itself, because Node takes the size when it first uses the pool, which loading the
 * program is. (The `redoubt` command, which is started by people, has a launcher for it.)
 *
 * More threads than this cost more in turns of the processors than a quick disk gains by them: with 32, cold reads on
 * two processors were a tenth slower.
 */
export const threadPoolEnvironment = { UV_THREADPOOL_SIZE: process.env['UV_THREADPOOL_SIZE'] ?? '16' } as const;

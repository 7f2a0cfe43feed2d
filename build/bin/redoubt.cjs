#!/usr/bin/env node
// The `redoubt` command. Node takes the size of its thread pool when it first uses it, and loading a program that
// is a module is such a use: so this is none. Disks that are in no cache are read by so many threads at a time.
process.env.UV_THREADPOOL_SIZE ??= '16';
void import('./redoubt.mjs');

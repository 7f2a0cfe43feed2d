/**
 * Whether a commit into `parentFile` began and was not finished: first files of both links. `undefined`
 * where there is none. Writes nothing. Throws disk.corrupt if the journal beside it can't be read.
 */
export function unfinishedCommit(parentFile: string): { parent: string; child: string } | undefined {
  throw new Error(`not written yet: ${parentFile}`);
}

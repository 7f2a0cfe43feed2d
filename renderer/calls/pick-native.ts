import { client } from '../transport/client.ts';

/** Opens the system's file dialog. Answers nothing when the user cancels. */
export async function pickNativeFile(
  title: string,
  directory: string | undefined,
  filters: { name: string; extensions: string[] }[],
): Promise<string | undefined> {
  const answer = await client().shell.pickFile({ title, filters, ...(directory === undefined ? {} : { directory }) });
  return answer.path;
}

/** Opens the system's folder dialog. Answers nothing when the user cancels. */
export async function pickNativeFolder(title: string, directory: string | undefined): Promise<string | undefined> {
  const answer = await client().shell.pickFolder({ title, ...(directory === undefined ? {} : { directory }) });
  return answer.path;
}

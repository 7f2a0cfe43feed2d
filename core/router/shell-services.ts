/** What a shell gives to the core: who it is, and the system's own dialogs where it has them. */
export interface ShellServices {
  readonly kind: 'electron' | 'host';
  /** Resolves to nothing when the user closes the dialog. */
  readonly pickFile?: (options: {
    title: string;
    directory?: string | undefined;
    filters: { name: string; extensions: string[] }[];
  }) => Promise<string | undefined>;
  readonly pickFolder?: (options: { title: string; directory?: string | undefined }) => Promise<string | undefined>;
}

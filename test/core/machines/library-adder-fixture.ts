import { Library, newMachineId } from '../../../core/machines/library.ts';

/** A process that adds ten machines to a library: arguments are the settings folder and a name. */
const [folder = '', name = ''] = process.argv.slice(2);
const library = new Library(folder);
for (let number = 0; number < 10; number++) {
  await library.add({ id: newMachineId(), configPath: `/${name}/${String(number)}.vmx` });
}

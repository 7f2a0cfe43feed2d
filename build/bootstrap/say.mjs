/** One line to the person who started the script. @param {string} line */
export function say(line) {
  process.stdout.write(`redoubt: ${line}\n`);
}

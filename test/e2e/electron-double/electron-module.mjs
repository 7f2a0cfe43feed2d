/** What the bundle gets when it imports `electron`: the double that the test has put here. */
const double = globalThis.redoubtElectronDouble;
if (double === undefined) throw new Error('the electron double is not installed');
export const { app, BrowserWindow, Menu, dialog, ipcMain, protocol, session } = double;
export default double;

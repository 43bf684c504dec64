// Loads the packages that foreign/setup installs. Their names are no literals for the compiler, which checks this folder
// on machines where they are not installed, so each caller says what it uses of a package.

/** @returns the exports of a package in foreign/node_modules, of which `Exports` names those that are used */
export async function loadForeign<Exports>(specifier: string): Promise<Exports> {
  try {
    return (await import(specifier)) as Exports;
  } catch (cause) {
    throw new Error(`found no ${specifier}: run foreign/setup, or npm run test:foreign, which does`, { cause });
  }
}

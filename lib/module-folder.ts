/**
 * The folder of this file, in the sources and in both builds; of an ES module that was bundled into
 * CommonJS nobody knows it. The only place that asks for it.
 */
// eslint-disable-next-line @typescript-eslint/ban-ts-comment -- expecting the error fails the ESM build
// @ts-ignore The CommonJS build refuses import.meta; scripts/finish-cjs-build.mjs puts __dirname here.
export const moduleFolder: string = import.meta.dirname ?? process.cwd();

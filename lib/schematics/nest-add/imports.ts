import type * as TypeScript from 'typescript';

/** The import statements of a file, first one first; what stands in a comment is none. */
export function importsOf(ts: typeof TypeScript, text: string): TypeScript.ImportDeclaration[] {
  const source = ts.createSourceFile('module.ts', text, ts.ScriptTarget.Latest, true);
  return source.statements.filter((statement) => ts.isImportDeclaration(statement));
}

/** What a file imports, re-exports or requires; what stands in a comment is none. */
export function specifiersIn(ts: typeof TypeScript, text: string): string[] {
  const { importedFiles } = ts.preProcessFile(text, true, true);
  return importedFiles.map(({ fileName }) => fileName);
}

/** A file's text with one more import behind the others, in their quotes. */
export function withImport(
  ts: typeof TypeScript,
  text: string,
  symbol: string,
  from: string,
): string {
  const last = importsOf(ts, text).at(-1);
  const [quote] = last?.moduleSpecifier.getText() ?? "'";
  const statement = `import { ${symbol} } from ${quote}${from}${quote};`;
  if (!last) return `${statement}\n${text}`;
  const end = last.getEnd();
  return `${text.slice(0, end)}\n${statement}${text.slice(end)}`;
}

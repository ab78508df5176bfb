import type * as NestSchematics from '@nestjs/schematics';
import type * as TypeScript from 'typescript';
import { specifiersIn, withImport } from './imports.js';

const PACKAGE = 'nestjs-conversion-feedback';
const MODULE = 'ConversionFeedbackModule';
const CALL = `${MODULE}.forRoot({
      authId: process.env.PLIVO_AUTH_ID!,
      authToken: process.env.PLIVO_AUTH_TOKEN!,
      baseUrl: process.env.PLIVO_BASE_URL,
    })`;

/** What to write where we can't. */
export const BY_HAND = `Write into the app's root module by hand:

import { ${MODULE} } from '${PACKAGE}';

  imports: [
    ${CALL},
  ],
`;

/** Whether a file has our module from our package, by whatever name. */
export function importsOurModule(ts: typeof TypeScript, text: string): boolean {
  if (!specifiersIn(ts, text).includes(PACKAGE)) return false;
  const source = ts.createSourceFile('module.ts', text, ts.ScriptTarget.Latest);
  const speaksOfIt = (node: TypeScript.Node): boolean =>
    (ts.isIdentifier(node) && node.text === MODULE) ||
    ts.forEachChild(node, (child) => speaksOfIt(child) || undefined) === true;
  return speaksOfIt(source);
}

/**
 * A root module's text with ours among its imports; undefined where those aren't a list that can
 * be added to.
 */
export function withOurModule(
  ts: typeof TypeScript,
  { MetadataManager }: typeof NestSchematics,
  text: string,
): string | undefined {
  if (!canBeAddedTo(ts, text)) return undefined;
  const declared = withImport(ts, text, MODULE, PACKAGE);
  return new MetadataManager(declared).insert('imports', CALL);
}

/**
 * Whether a module's imports, if it has any, are a list that stands in the file. The manager would
 * write a second `imports` beside a short one (`{ imports }`) or a spread.
 */
function canBeAddedTo(ts: typeof TypeScript, text: string): boolean {
  const source = ts.createSourceFile('module.ts', text, ts.ScriptTarget.Latest, true);
  const metadata = source.statements
    .filter((statement) => ts.isClassDeclaration(statement))
    .flatMap((statement) => ts.getDecorators(statement) ?? [])
    .map(({ expression }) => expression)
    .filter((expression) => ts.isCallExpression(expression))
    .find(({ expression }) => expression.getText() === 'Module')?.arguments[0];
  if (metadata === undefined || !ts.isObjectLiteralExpression(metadata)) return false;
  return metadata.properties.every((property) => {
    if (property.name === undefined) return false;
    if (property.name.getText() !== 'imports') return true;
    return ts.isPropertyAssignment(property) && ts.isArrayLiteralExpression(property.initializer);
  });
}

import type * as NestSchematics from '@nestjs/schematics';
import type * as TypeScript from 'typescript';

const PACKAGE = 'nestjs-conversion-feedback';
const MODULE = 'ConversionFeedbackModule';
const CALL = `${MODULE}.forRoot({
      authId: process.env.PLIVO_AUTH_ID!,
      authToken: process.env.PLIVO_AUTH_TOKEN!,
      baseUrl: process.env.PLIVO_BASE_URL,
    })`;

type NestPath = NestSchematics.DeclarationOptions['path'];

export function importsOurModule(text: string): boolean {
  return text.includes(MODULE);
}

/**
 * A root module's text with ours among its imports; undefined where those aren't a list that can
 * be added to.
 */
export function withOurModule(
  ts: typeof TypeScript,
  { MetadataManager, ModuleImportDeclarator }: typeof NestSchematics,
  text: string,
): string | undefined {
  if (!canBeAddedTo(ts, text)) return undefined;
  // The declarator knows files of the app alone: its solver makes paths of them.
  const solver = { relative: () => PACKAGE };
  const declared = new ModuleImportDeclarator(solver).declare(text, {
    symbol: MODULE,
    metadata: 'imports',
    name: PACKAGE,
    path: '' as NestPath,
    module: '' as NestPath,
  });
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

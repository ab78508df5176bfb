import type * as NestSchematics from '@nestjs/schematics';

const PACKAGE = 'nestjs-conversion-feedback';
const MODULE = 'ConversionFeedbackModule';
const CALL = `${MODULE}.forRoot({
      authId: process.env.PLIVO_AUTH_ID!,
      authToken: process.env.PLIVO_AUTH_TOKEN!,
      baseUrl: process.env.PLIVO_BASE_URL,
    })`;

export function importsOurModule(text: string): boolean {
  return text.includes(MODULE);
}

/**
 * A root module's text with ours among its imports; undefined where those aren't a list that can
 * be added to.
 */
export function withOurModule(
  { MetadataManager, ModuleImportDeclarator }: typeof NestSchematics,
  text: string,
): string | undefined {
  // The declarator knows files of the app alone: its solver makes paths of them.
  const solver = { relative: () => PACKAGE };
  const declared = new ModuleImportDeclarator(solver).declare(text, {
    symbol: MODULE,
    metadata: 'imports',
    name: PACKAGE,
    path: '' as NestSchematicsPath,
    module: '' as NestSchematicsPath,
  });
  const added = new MetadataManager(declared).insert('imports', CALL);
  return added === declared ? undefined : added;
}

type NestSchematicsPath = NestSchematics.DeclarationOptions['path'];

import { posix } from 'node:path';
import type * as TypeScript from 'typescript';

const SHUTDOWN_HOOKS = `enableShutdownHooks(['SIGTERM', 'SIGINT']);`;

/** An app's main.ts. */
export class BootstrapFile {
  readonly #source: TypeScript.SourceFile;

  constructor(
    private readonly ts: typeof TypeScript,
    private readonly path: string,
    private readonly text: string,
  ) {
    this.#source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  }

  /** Path of the module that the app is created from; undefined where that can't be told. */
  get rootModulePath(): string | undefined {
    const { ts } = this;
    const name = this.#creation?.arguments[0]?.getText();
    for (const statement of this.#source.statements) {
      if (!ts.isImportDeclaration(statement)) continue;
      const names = statement.importClause?.namedBindings;
      if (names === undefined || !ts.isNamedImports(names)) continue;
      if (!names.elements.some((element) => element.name.text === name)) continue;
      const specifier = (statement.moduleSpecifier as TypeScript.StringLiteral).text;
      if (!specifier.startsWith('.')) return undefined;
      return `${posix.join(posix.dirname(this.path), specifier.replace(/\.js$/, ''))}.ts`;
    }
    return undefined;
  }

  /** The text with shutdown hooks enabled; undefined where the app isn't kept in a variable. */
  withShutdownHooks(): string | undefined {
    const { ts, text } = this;
    if (text.includes('enableShutdownHooks')) return text;
    const declaration = this.#creation?.parent.parent;
    if (declaration === undefined || !ts.isVariableDeclaration(declaration)) return undefined;
    const statement = declaration.parent.parent;
    const [indentation] = /[ \t]*$/.exec(text.slice(0, statement.getStart()))!;
    const call = `${declaration.name.getText()}.${SHUTDOWN_HOOKS}`;
    const end = statement.getEnd();
    return `${text.slice(0, end)}\n${indentation}${call}${text.slice(end)}`;
  }

  /** The call that makes the app: `await NestFactory.create(AppModule)`. */
  get #creation(): TypeScript.CallExpression | undefined {
    const { ts } = this;
    const search = (node: TypeScript.Node): TypeScript.CallExpression | undefined =>
      ts.isCallExpression(node) && /^NestFactory\.create/.test(node.expression.getText())
        ? node
        : ts.forEachChild(node, search);
    return search(this.#source);
  }
}

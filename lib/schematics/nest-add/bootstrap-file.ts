import type * as TypeScript from 'typescript';

const SHUTDOWN_HOOKS = `enableShutdownHooks(['SIGTERM', 'SIGINT']);`;

/** An app's main.ts. */
export class BootstrapFile {
  readonly #source: TypeScript.SourceFile;

  constructor(
    private readonly ts: typeof TypeScript,
    path: string,
    private readonly text: string,
  ) {
    this.#source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  }

  /** What the module that the app is created from is imported by; undefined where it isn't. */
  get rootModuleSpecifier(): string | undefined {
    const { ts } = this;
    const name = this.#rootModuleName;
    if (name === undefined) return undefined;
    for (const statement of this.#source.statements) {
      if (!ts.isImportDeclaration(statement)) continue;
      const { name: whole, namedBindings } = statement.importClause ?? {};
      const named = namedBindings && ts.isNamedImports(namedBindings) ? namedBindings.elements : [];
      if (whole?.text !== name && !named.some((element) => element.name.text === name)) continue;
      return (statement.moduleSpecifier as TypeScript.StringLiteral).text;
    }
    return undefined;
  }

  /** Whether the module that the app is created from stands in this file. */
  get holdsRootModule(): boolean {
    const { ts } = this;
    return this.#source.statements.some(
      (statement) =>
        ts.isClassDeclaration(statement) &&
        statement.name !== undefined &&
        statement.name.text === this.#rootModuleName,
    );
  }

  /** The text with shutdown hooks enabled; undefined where the app isn't kept in a variable. */
  withShutdownHooks(): string | undefined {
    const { ts, text } = this;
    if (this.#find((node) => isCallOf('enableShutdownHooks', ts, node))) return text;
    const declaration = this.#creation?.parent.parent;
    if (declaration === undefined || !ts.isVariableDeclaration(declaration)) return undefined;
    const statement = declaration.parent.parent;
    const [indentation] = /[ \t]*$/.exec(text.slice(0, statement.getStart()))!;
    const call = `${declaration.name.getText()}.${SHUTDOWN_HOOKS}`;
    const end = statement.getEnd();
    return `${text.slice(0, end)}\n${indentation}${call}${text.slice(end)}`;
  }

  /** `AppModule` of `NestFactory.create(AppModule)`, and of `NestFactory.create(AppModule.register())`. */
  get #rootModuleName(): string | undefined {
    const { ts } = this;
    let root: TypeScript.Node | undefined = this.#creation?.arguments[0];
    while (root && (ts.isCallExpression(root) || ts.isPropertyAccessExpression(root)))
      root = root.expression;
    return root && ts.isIdentifier(root) ? root.text : undefined;
  }

  /** The call that makes the app: `await NestFactory.create(AppModule)`. */
  get #creation(): TypeScript.CallExpression | undefined {
    const { ts } = this;
    return this.#find(
      (node): node is TypeScript.CallExpression =>
        ts.isCallExpression(node) && /^NestFactory\.create/.test(node.expression.getText()),
    );
  }

  /** The first piece of code of a kind; what stands in a comment is none. */
  #find<T extends TypeScript.Node>(fits: (node: TypeScript.Node) => node is T): T | undefined {
    const search = (node: TypeScript.Node): T | undefined =>
      fits(node) ? node : this.ts.forEachChild(node, search);
    return search(this.#source);
  }
}

function isCallOf(
  method: string,
  ts: typeof TypeScript,
  node: TypeScript.Node,
): node is TypeScript.CallExpression {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return false;
  return node.expression.name.text === method;
}

import Table from 'cli-table3';

/** The spec whose tests are no cells: it reads the docs. */
const NO_CELLS = 'compatibility.spec.ts';

/** A reporter for Jest: a line as each cell of the matrix ends, and at the end all in one table. */
export default class TableReporter {
  onTestCaseResult({ path }, { title, status }) {
    if (path.endsWith(NO_CELLS)) return;
    process.stdout.write(`${status}: ${title}\n`);
  }

  onRunComplete(_, { testResults }) {
    const table = new Table({
      head: ['cell', 'result', 'seconds'],
      style: { head: [], border: [] },
    });
    const files = testResults.filter(({ testFilePath }) => !testFilePath.endsWith(NO_CELLS));
    for (const { title, status, duration } of files.flatMap((file) => file.testResults)) {
      table.push([title, status, ((duration ?? 0) / 1000).toFixed(1)]);
    }
    process.stdout.write(`${table.toString()}\n`);
  }
}

import Table from 'cli-table3';

/** A reporter for Jest: a line as each test of the matrix ends, and at the end all in one table. */
export default class TableReporter {
  onTestCaseResult(_, { title, status }) {
    process.stdout.write(`${status}: ${title}\n`);
  }

  onRunComplete(_, { testResults }) {
    const table = new Table({
      head: ['cell', 'result', 'seconds'],
      style: { head: [], border: [] },
    });
    for (const { title, status, duration } of testResults.flatMap((file) => file.testResults)) {
      table.push([title, status, ((duration ?? 0) / 1000).toFixed(1)]);
    }
    process.stdout.write(`${table.toString()}\n`);
  }
}

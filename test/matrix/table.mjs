import Table from 'cli-table3';

/** A reporter for Jest that prints, at the end, each test of the matrix and what came of it. */
export default class TableReporter {
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

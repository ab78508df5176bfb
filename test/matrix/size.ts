/** Whether every cell runs: with `npm run matrix`; some of them do in the tests. */
export const IS_WHOLE = process.env.MATRIX_SHARE === 'whole';

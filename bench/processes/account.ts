/** The account that all reports of the benchmark are made with. */
export const account = { authId: 'MABENCHMARKBENCHMARK', authToken: 'benchmark' };

const { authId, authToken } = account;
export const AUTHORIZATION = `Basic ${Buffer.from(`${authId}:${authToken}`).toString('base64')}`;

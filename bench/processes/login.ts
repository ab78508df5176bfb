const CODE = '123456';
/** What the handler answers to the right code. */
export const ANSWER = '{"success":true}';

/** Name of the verification with a number. */
export function verificationOf(number: number): string {
  return `verification-${number}`;
}

/** Body of the request that ends it. */
export function loginOf(number: number): string {
  return `{"verificationId":"${verificationOf(number)}","code":"${CODE}"}`;
}

/** What every handler of the benchmark does: no more, so that what is around it weighs. */
export function check({ code }: { code: string }): { success: boolean } {
  return { success: code === CODE };
}

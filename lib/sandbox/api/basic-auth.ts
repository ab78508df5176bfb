/** What is wrong with an Authorization header, or undefined where it fits the account. */
export function authFault(
  header: string | undefined,
  account: { authId: string; authToken: string },
): string | undefined {
  if (header === undefined) return 'authentication failed: no Authorization header';
  const [, credentials] = /^Basic +([A-Za-z0-9+/=_-]+)$/i.exec(header) ?? [];
  if (credentials === undefined) return 'authentication failed: Basic authentication is expected';
  const [user, ...password] = Buffer.from(credentials, 'base64').toString('utf8').split(':');
  if (user !== account.authId) return "authentication failed: the Auth ID isn't the sandbox's";
  if (password.join(':') !== account.authToken) {
    return "authentication failed: the Auth Token isn't the sandbox's";
  }
  return undefined;
}

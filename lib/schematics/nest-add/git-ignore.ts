/** What a repository mustn't hold: credentials, and the store of messages and reports. */
const PRIVATE = {
  '.env': /^\/?(\.env\*?|\*\.env)$/,
  '.conversion-feedback': /^\/?\.conversion-feedback\/?$/,
};

/** A .gitignore's text with what is private in it. */
export function withPrivateFiles(text: string): string {
  const lines = text.split('\n').map((line) => line.trim());
  const missing = Object.entries(PRIVATE)
    .filter(([, pattern]) => !lines.some((line) => pattern.test(line)))
    .map(([path]) => path);
  if (missing.length === 0) return text;
  return [...(text === '' ? [] : [text.trimEnd(), '']), ...missing, ''].join('\n');
}

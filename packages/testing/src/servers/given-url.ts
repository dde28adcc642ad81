/** The URL in an environment variable, or nothing. It may hold a password, so errors do not repeat it. */
export function givenUrl(variable: string): URL | undefined {
  const text = process.env[variable];
  if (!text) return undefined;
  if (!URL.canParse(text)) throw new Error(`${variable} is not a URL`);
  return new URL(text);
}

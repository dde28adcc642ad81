/** What a connection URL says; what it leaves out is undefined. */
export interface UrlParts {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly db?: number | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly isTls: boolean;
}

const LONGEST_URL = 16_384;

/** Reads `redis://user:password@host:port/db`; `rediss://` is over TLS. Problems show nothing of it, since any part may be of a password. */
export function readUrl(url: string): { readonly parts: UrlParts; readonly problems: readonly string[] } {
  const nothing = { isTls: false };
  if (url.length > LONGEST_URL) return { parts: nothing, problems: [`url has more than ${LONGEST_URL} characters`] };
  if (!/^rediss?:\/\//i.test(url)) return { parts: nothing, problems: ["url must begin with redis:// or rediss://"] };
  if (!URL.canParse(url))
    return { parts: nothing, problems: ["url is none: a / ? # or @ in a password has to be percent-encoded"] };
  const { protocol, hostname, port, pathname, username, password, search, hash } = new URL(url);
  const problems: string[] = [];
  if (search !== "" || hash !== "") problems.push("url takes no parameters: they are options");
  const [, db] = /^\/?(\d{0,9})$/.exec(pathname) ?? [];
  if (db === undefined) problems.push("url must end with the number of a database, or with nothing");
  return {
    parts: {
      isTls: protocol === "rediss:",
      host: filled(hostname.replace(/^\[|\]$/g, "")),
      port: port === "" ? undefined : Number(port),
      db: db === undefined || db === "" ? undefined : Number(db),
      user: decoded(username, problems),
      password: decoded(password, problems),
    },
    problems,
  };
}

function decoded(text: string, problems: string[]): string | undefined {
  try {
    return filled(decodeURIComponent(text));
  } catch {
    problems.push("url has a % that begins no encoded character; a % itself is %25");
    return undefined;
  }
}

function filled(text: string): string | undefined {
  return text === "" ? undefined : text;
}

import { type Credentials } from "../connection/guarded-redis.js";

/** Asked for each connect, and with `refresh: true` once more when what it gave was refused. */
export type PasswordProvider = (context: {
  readonly signal: AbortSignal;
  readonly refresh: boolean;
}) => string | Credentials | PromiseLike<string | Credentials>;

/** As whom to connect: known, or to be asked for. */
export type CredentialSource =
  Credentials | ((context: { readonly signal: AbortSignal; readonly refresh: boolean }) => Promise<Credentials>);

export function credentialSource(
  user: string | undefined,
  password: string | PasswordProvider | undefined,
): CredentialSource {
  if (typeof password !== "function") return { user, password };
  return async (context) => {
    const given = await password(context);
    return typeof given === "string" ? { user, password: given } : { user, ...given };
  };
}

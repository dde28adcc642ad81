import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from "node:crypto";

/** The client's side of one SCRAM-SHA-256 conversation (RFC 5802), without channel binding. */
export class Scram {
  readonly #password: string;
  readonly #first = `n=,r=${randomBytes(18).toString("base64")}`;
  #expected: Buffer = Buffer.alloc(0);

  constructor(password: string) {
    this.#password = password;
  }

  first(): string {
    return `n,,${this.#first}`;
  }

  /** @param challenge the server's first message */
  answer(challenge: string): string {
    const { r: nonce = "", s: salt = "", i: rounds = "" } = attributes(challenge);
    const salted = pbkdf2Sync(this.#password, Buffer.from(salt, "base64"), Number(rounds), 32, "sha256");
    const clientKey = hmac(salted, "Client Key");
    const storedKey = createHash("sha256").update(clientKey).digest();
    const withoutProof = `c=biws,r=${nonce}`;
    const conversation = `${this.#first},${challenge},${withoutProof}`;
    const signature = hmac(storedKey, conversation);
    const proof = Buffer.from(clientKey.map((byte, at) => byte ^ (signature[at] ?? 0)));
    this.#expected = hmac(hmac(salted, "Server Key"), conversation);
    return `${withoutProof},p=${proof.toString("base64")}`;
  }

  /** @throws Error when the server does not know the password either */
  check(final: string): void {
    const signature = Buffer.from(attributes(final).v ?? "", "base64");
    const same = signature.length === this.#expected.length && timingSafeEqual(signature, this.#expected);
    if (!same) throw new Error("the server did not prove that it knows the password");
  }
}

function attributes(message: string): Record<string, string> {
  return Object.fromEntries(message.split(",").map((part) => [part.charAt(0), part.slice(2)]));
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

import { execFile } from "node:child_process";
import { chownSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Home } from "./home.js";

interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** The paths of an authority's certificate and of those that it signed. */
export type Certificates = { readonly ca: string } & Record<"valid" | "wrong-host" | "expired", Certificate>;

/** Makes an authority and three certificates for a server: for `localhost` and 127.0.0.1, for another host, and one that has ended. */
export async function createCertificates(home: Home): Promise<Certificates> {
  const folder = home.folder("certificates");
  const at = (name: string): string => join(folder, name);
  await openssl([
    ...newKey(at("ca.key")),
    "-x509",
    "-days",
    "30",
    "-subj",
    "/CN=@pool test authority",
    "-out",
    at("ca.crt"),
  ]);
  const sign = async (name: string, host: string, days: number): Promise<Certificate> => {
    const [key, request, cert] = [at(`${name}.key`), at(`${name}.csr`), at(`${name}.crt`)];
    const names = home.write(join("certificates", `${name}.ext`), `subjectAltName=${host}\n`);
    await openssl([...newKey(key), "-subj", `/CN=${name}`, "-out", request]);
    const by = ["-CA", at("ca.crt"), "-CAkey", at("ca.key"), "-set_serial", String(Date.now() + days)];
    await openssl(["x509", "-req", "-in", request, ...by, "-days", String(days), "-extfile", names, "-out", cert]);
    if (home.user.uid !== undefined && home.user.gid !== undefined) {
      for (const file of [key, cert]) chownSync(file, home.user.uid, home.user.gid);
    }
    return { cert, key };
  };
  return {
    ca: at("ca.crt"),
    valid: await sign("localhost", "DNS:localhost,IP:127.0.0.1", 30),
    "wrong-host": await sign("elsewhere", "DNS:elsewhere.invalid", 29),
    expired: await sign("expired", "DNS:localhost,IP:127.0.0.1", -1),
  };
}

function newKey(file: string): string[] {
  return ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", file];
}

async function openssl(args: readonly string[]): Promise<void> {
  await promisify(execFile)("openssl", args).catch((cause: unknown) => {
    const { stderr = "" } = cause as { stderr?: string };
    throw new Error(`openssl, which makes the certificates of test servers, failed: ${stderr.trim()}`, { cause });
  });
}

import { randomBytes } from "node:crypto";

/** 128 bits at random, of letters and digits only, so that it reads the same in a URL and in a file. */
export function randomPassword(): string {
  return randomBytes(16).toString("hex");
}

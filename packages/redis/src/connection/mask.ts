import { type Command } from "ioredis";
import { REDACTED } from "@pool/core";

const SECRETIVE: ReadonlySet<string> = new Set(["auth", "hello"]);

/**
 * Takes the credentials out of what others see of an AUTH or HELLO: ioredis prints the arguments of a command for DEBUG, and hangs them on the
 * error that the server answers with. What goes to the server has been written down before.
 */
export function maskSecrets(command: Command): void {
  if (!isSecretive(command.name) || command.args.length === 0) return;
  const bytes = command.toWritable({});
  command.toWritable = () => bytes;
  command.args = [REDACTED];
}

/** Asked for every command, so that most are told by their length. */
function isSecretive(name: string): boolean {
  return (name.length === 4 || name.length === 5) && SECRETIVE.has(name.toLowerCase());
}

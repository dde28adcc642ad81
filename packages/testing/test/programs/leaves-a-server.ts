import { startPostgres } from "@pool/testing";

const server = await startPostgres({ own: true });
if (process.argv[2] === "frozen") await server.freeze();
process.stdout.write(`${JSON.stringify({ pid: server.pid, directory: server.socketDirectory })}\n`);
// "ends" ends by itself although a server runs; the others are killed.
if (process.argv[2] !== "ends") setInterval(() => undefined, 1000);

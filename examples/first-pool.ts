import { createPool, isPoolError } from "@pool/core";

// A pool lends what a factory opens. Here that is a plain object; elsewhere a connection.
let opened = 0;
const pool = createPool(
  {
    kind: "desk",
    create: async () => ({ number: ++opened }),
    close: (desk) => console.log(`desk ${desk.number} is put away`),
  },
  { name: "desks", maxSize: 2, acquireTimeout: 100 },
);

// The usual way: borrowed for the time of a task, and back whatever happens.
console.log(await pool.use((desk) => `worked at desk ${desk.number}`));

{
  using lease = await pool.acquire({ label: "ada" });
  using other = await pool.acquire({ label: "grace" });
  console.log(`lent: ${lease.resource.number} and ${other.resource.number}`);

  // Both are lent. The next one waits, and is told who has them.
  const error: unknown = await pool.acquire().catch((reason: unknown) => reason);
  if (isPoolError(error, "ACQUIRE_TIMEOUT"))
    console.log(
      `nothing free; held by ${pool
        .holders()
        .map(({ label }) => label)
        .join(" and ")}`,
    );
} // both are returned here

console.log(`idle: ${pool.stats.idle} of ${pool.stats.maxSize}`);
await pool.close();

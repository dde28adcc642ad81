import { DEFAULT_PORT } from "./config.js";
import { DASHBOARD } from "./routes/dashboard.js";

export interface Example {
  readonly what: string;
  readonly command: string;
}

/** Commands to try against the service at `address`, in a good order. */
export function examples(address: string): Example[] {
  const json = "-H 'content-type: application/json'";
  return [
    { what: "products, cheapest first", command: `curl '${address}/products?sort=price&limit=3'` },
    { what: "one customer", command: `curl ${address}/customers/1` },
    {
      what: "place an order",
      command: `curl -X POST ${address}/orders ${json} -d '{"customerId":1,"items":[{"productId":7,"quantity":2}]}'`,
    },
    { what: "the newest orders", command: `curl '${address}/orders?limit=3'` },
    {
      what: "a slow report; Ctrl-C stops it in the database too",
      command: `curl ${address}/reports/similar-customers`,
    },
    { what: "who holds a connection", command: `curl ${address}/pools` },
    { what: "ready for work?", command: `curl ${address}/health/ready` },
  ];
}

/** The same as lines for a terminal, with where to watch. */
export function describeExamples(address: string): string {
  const lines = examples(address).flatMap(({ what, command }) => [`  # ${what}`, `  ${command}`]);
  const dashboard = [
    `Its pools, live: ${address}${DASHBOARD}`,
    `  npm run load${address.endsWith(`:${DEFAULT_PORT}`) ? "" : ` -- ${address}`}    # in another terminal: gives them something to do`,
  ];
  return [`demo-api listens at ${address}`, ...dashboard, "Try:", ...lines, "Ctrl-C stops it.", ""].join("\n");
}

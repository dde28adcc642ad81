export { sample, type SampleClient } from "./connector.js";
export type { SampleConnection } from "./connection.js";
export { sampleFactory } from "./factory.js";
export type { SampleOptions } from "./options.js";

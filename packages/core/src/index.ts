export * from "./errors.js";
export * from "./events.js";
export * from "./time.js";
export * from "./options.js";
export { describeOptions } from "./options-text.js";
export * from "./redact.js";
export * from "./pool/index.js";
export * from "./connector/index.js";
export * from "./transaction/index.js";

export { loadEnvironment } from "./environment.js";
export { environmentOptions, type Environment, type EnvironmentOptions } from "./environment-options.js";
export type { Factories, FactoryEntry, MadeBy, MakeConnector } from "./factories.js";
export { loadConnectors } from "./load.js";
export { loadOptions, type Expected, type Loaded, type LoadOptions } from "./load-options.js";

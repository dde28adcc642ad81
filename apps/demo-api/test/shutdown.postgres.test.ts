import { postgres } from "./support/databases.js";
import { describeShutdown } from "./support/shutdown.js";

describeShutdown(postgres);

import { describeContract } from "./describe-contract.js";

await describeContract("redis", 3);

import { fiveHundred } from "../five-hundred.js";

/** The other of two processes that miss the same key at once. Says when it is ready, and then what it computed and got. */
const { go } = await fiveHundred(process.argv[2]!);

process.send!("ready");
process.once("message", () => {
  void go().then((report) => process.send!(report, () => process.exit()));
});

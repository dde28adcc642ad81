import { replyOf } from "../errors.js";

/** Resolves when the server has answered a question that only asks whether it is there, also where this user may not ask it. */
export async function answered(question: Promise<unknown>): Promise<void> {
  try {
    await question;
  } catch (error) {
    if (replyOf(error) !== "NOPERM") throw error;
  }
}

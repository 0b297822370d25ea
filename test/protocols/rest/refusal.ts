import { Refusal } from "../../../src/kernel/errors.ts";

/** The refusal that `act` throws; anything else it throws or returns fails the test. */
export async function refusalOf(act: () => unknown): Promise<Refusal> {
  try {
    await act();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

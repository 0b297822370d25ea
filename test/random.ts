// fast-check with one seed for all: what passed once passes again. SEED looks further.
import { env } from "cloudflare:workers";
import fc from "fast-check";

fc.configureGlobal({ seed: env.TEST_SEED });

export default fc;

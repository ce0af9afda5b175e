// The worker file of piscina for the server.
import { countPrimes } from "../../../examples/server.ts";

export default countPrimes;

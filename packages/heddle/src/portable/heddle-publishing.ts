/** What functions are looked into by, when they are to travel: a part, see `parts/load-part.ts`. */
export { copy } from "../parts/index.ts";
export { standsAlone } from "./publish/capture.ts";
export { isRunnersImport } from "./publish/code.ts";
export { checkInstances, holdsPrivateNames } from "./publish/instances.ts";
export { describePlainly } from "./publish/describe-plainly.ts";
export { Round } from "./publish/publish.ts";

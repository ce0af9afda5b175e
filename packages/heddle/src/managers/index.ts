/** Objects that live in one place and are called from others. */
export { AuthenticationError, FrameTooLongError } from "../workers/index.ts";
export type { ManagerStatistics } from "./backend.ts";
export { AddressInUseError, ManagerClosedError, RegistrationError, RemoteReleasedError } from "./errors.ts";
export {
  Manager,
  type ManagerConnectionOptions,
  type ManagerConnectOptions,
  type ManagerServeOptions,
  type ManagerShutdownOptions,
  type ManagerStartOptions,
} from "./manager.ts";
export { remote } from "./marks.ts";
export type { Remote, RemoteMember, RemoteResult } from "./remote-type.ts";

/**
 * Objects that live in a thread, a process or a server, and are called from anywhere.
 *
 * @packageDocumentation
 */
import "./runtime.ts";
export {
  AddressInUseError,
  AuthenticationError,
  FrameTooLongError,
  Manager,
  ManagerClosedError,
  type ManagerConnectionOptions,
  type ManagerConnectOptions,
  type ManagerServeOptions,
  type ManagerShutdownOptions,
  type ManagerStartOptions,
  type ManagerStatistics,
  RegistrationError,
  type Remote,
  remote,
  type RemoteMember,
  RemoteReleasedError,
  type RemoteResult,
} from "./managers/index.ts";

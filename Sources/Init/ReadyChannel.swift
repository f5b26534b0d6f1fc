import Basics
import Configuration
import Linux

/// How a program itself says that it is ready: a socket for sd_notify(3), or a pipe, as s6 has it.
/// Made for one process of one program, before it is.
///
/// A socket for each program, not one for all: a message needs no look at /proc to find its program,
/// and the sender may have ended by then (as systemd-notify in a shell script has).
struct ReadyChannel {
  /// The end that is read here.
  let ours: ReadyListener.Source
  /// The program's end of a pipe, and the number that it has there.
  private let theirs: (file: FileDescriptor, number: Int32)?
  /// What NOTIFY_SOCKET says.
  private let socketName: [UInt8]

  /// nil: the program does not say anything itself.
  ///
  /// - Throws: EMFILE, and what else keeps a socket or pipe from being made.
  init?(_ probe: Probe?) throws(Errno) {
    switch probe?.kind {
    case .notify:
      let socket = try NotifySocket()
      (ours, theirs, socketName) = (.socket(socket), nil, socket.name)
    case .newline:
      let pipe = try ReportPipe()
      (ours, theirs, socketName) = (.pipe(pipe.reader), (pipe.writer, probe?.number ?? 3), [])
    case .running, .path, .tcp, .unix, .http, .command, nil:
      return nil
    }
  }

  func pass(to plan: inout SpawnPlan) {
    plan.ready = theirs
    if theirs != nil { return }
    plan.environment.set((ByteString("NOTIFY_SOCKET=") + ByteString(socketName)).bytes[...])
  }

  /// Once the program has its end.
  func closeTheirs() { theirs?.file.close() }
}

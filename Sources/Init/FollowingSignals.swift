import Basics
import Configuration
import Linux
import Supervision

// The signals of programs that are followed.

extension Following {
  /// Sends what is meant for a followed program: to the daemon, else to the command; SIGKILL to
  /// both. False: it is not followed. That one of them has just ended is no failure: who is told of
  /// its end has been told already, or will be.
  mutating func send(
    _ signal: Signal, to slot: Slot, group: Bool, isStop: Bool, _ world: inout FollowingWorld
  ) throws(Errno) -> Bool {
    guard let index = index(slot) else { return false }
    if isStop {
      lookForDaemon(index, world)
      _ = tell(index, .told, &world)
    }
    let (command, daemon) = (entries[index].follower.command, entries[index].follower.daemon)
    var failure: Errno?
    if daemon != 0, let error = sendToDaemon(index, signal, group: group) { failure = error }
    if command != 0, daemon == 0 || group || signal == .kill {
      do throws(Errno) {
        try sendSignal(signal.number, to: group ? -command : command)
      } catch {
        failure = error
      }
    }
    if let failure, failure != .noProcess { throw failure }
    return true
  }

  /// To nobody when it has ended: its pid may be a stranger's.
  private func sendToDaemon(_ index: Int, _ signal: Signal, group: Bool) -> Errno? {
    let daemon = entries[index].follower.daemon
    do throws(Errno) {
      if let handle = entries[index].handle {
        try handle.send(signal.number, to: daemon)
      } else if isChild(daemon) || processEntry(daemon).map({ isDaemon($0, index) }) == true {
        try sendSignal(signal.number, to: daemon)
      } else {
        return nil
      }
    } catch {
      return error
    }
    if group { try? sendSignal(signal.number, to: -daemon) }
    return nil
  }

  /// A program of which no process is known is told to stop.
  @inline(never)
  mutating func stopAwaited(_ slot: Slot, _ world: inout FollowingWorld) -> [Order] {
    guard let index = index(slot) else { return [] }
    lookForDaemon(index, world)
    return tell(index, .told, &world)
  }

  /// Of a program of which no process is known.
  func lookForDaemon(_ index: Int, _ world: FollowingWorld, commandEnded: Bool = false) {
    guard entries[index].follower.daemon == 0,
      commandEnded || entries[index].follower.command == 0
    else { return }
    entries[index].follower.mayHaveDaemon =
      entries[index].file.mayHaveDaemon(world.pidfileWorld(entries[index].slot))
  }
}

import Basics
import Configuration
import Linux
import Supervision

// The signals that come, and those that are sent.

extension EventLoop {
  /// Signals read in one turn.
  private static let signalBatch = 32

  func readSignals() {
    for _ in 0..<Self.signalBatch {
      guard let received = signals.next() else { return }
      let signal = Signal(number: received.number)
      if signal == .child {
        childrenMayHaveEnded = true
        continue
      }
      if handOff.contains(signal) {
        handOff.remove(signal)
        continue
      }
      // A writer learns from EPIPE and EFBIG what these would tell it. Anybody else's is for COMMAND.
      if signal == .brokenPipe || signal == .fileSize, received.senderPID == ownPID { continue }
      if signal == Signal.user2, !supervisor.configuration.globals.stopOn.contains(signal) {
        streams.reopen()
        if noise.isSaid(Int(signal.number), signal.name, at: now()) {
          log.write(.info, "log files are opened again: SIGUSR2")
        }
      }
      let pid = received.isFromKernel ? -1 : received.senderPID
      let isOurs = pid > 0 && isDescendant(pid, of: ownPID)
      feed(.signal(signal, Sender(pid: pid, uid: received.senderUID, isDescendant: isOurs)))
    }
  }

  func describe(_ sender: Sender) -> ByteString {
    if sender.pid < 0 { return "from the kernel (a terminal?)" }
    if sender.pid == 0 { return "from outside of this PID namespace" }
    guard let name = processName(sender.pid) else {
      return message("from pid {} (uid {})", decimal(sender.pid), decimal(sender.uid))
    }
    return message(
      "from pid {} (uid {}, {s})", decimal(sender.pid), decimal(sender.uid), ByteString(name))
  }

  func send(
    _ signal: Signal, to pid: ProcessID, group: Bool, isStop: Bool = true
  ) {
    // 1, 0 and −1 would be ourselves, our group and everybody: no child of ours has such a pid.
    guard pid > 1 else { return }
    do throws(Errno) {
      if !following.isEmpty, let slot = supervisor.slot(of: pid) {
        var world = world()
        let isHandled = try following.send(
          signal, to: slot, group: group, isStop: isStop, &world)
        if isHandled { return }
      }
      try sendSignal(signal.number, to: group ? -pid : pid)
    } catch {
      // The group appears with setsid, a moment after the fork.
      if group, error == .noProcess, (try? sendSignal(signal.number, to: pid)) != nil { return }
      log.write(
        .warn,
        message("cannot send {} to pid {}: {}, ignoring", signal.name, decimal(pid), error.text))
      if error == .permission, signal == .kill {
        messages.unkillable.append(pid)
        feed(.killRefused(pid))
      }
    }
  }
}

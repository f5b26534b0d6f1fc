import Configuration

@testable import Supervision

// What the core says and is told, as short lines: tests compare them, and the log of a simulated
// run that failed consists of them. A program is named by its slot: p0, p1, …

func words(_ actions: [Action]) -> [String] { actions.map { words($0) } }

func words(_ action: Action) -> String {
  switch action {
  case .spawn(let slot): return "spawn p\(slot)"
  case .signal(let pid, let signal, let group):
    return "kill \(signal.name) \(pid)" + (group ? " group" : "")
  case .signalTree(let slot, let signal): return "kill tree p\(slot) \(signal.name)"
  case .checkTree(let slot): return "check tree p\(slot)"
  case .stopAwaited(let slot): return "stop awaited p\(slot)"
  case .sweep(let signal): return "sweep \(signal.name)"
  case .report(let notice): return words(notice)
  case .exit(let code, let reason): return "exit \(code): \(words(reason))"
  }
}

func words(_ notice: Notice) -> String {
  switch notice {
  case .starting(let slot, let pid): return "p\(slot) STARTING pid \(pid)"
  case .running(let slot, let pid): return "p\(slot) RUNNING pid \(pid)"
  case .backoff(let slot, let failure, let pause):
    return "p\(slot) BACKOFF \(words(failure))"
      + (pause.map { ", again in \(words($0))" } ?? ", no more")
  case .fatal(let slot, let failure, let tries):
    return "p\(slot) FATAL \(words(failure)), tries \(tries)"
  case .exited(let slot, let status, let expected, let restart):
    return "p\(slot) EXITED \(words(status)) \(expected ? "expected" : "unexpected")"
      + (restart.map { ", again in \(words($0))" } ?? "")
  case .stopping(let slot, let pid, let signal):
    return "p\(slot) STOPPING pid \(pid) \(signal.name)"
  case .stopped(let slot, let status):
    return "p\(slot) STOPPED" + (status.map { " \(words($0))" } ?? "")
  case .killing(let slot, let pid, let after):
    return "p\(slot) killing pid \(pid) after \(words(after))"
  case .survivedKill(let slot, let pid): return "p\(slot) survived, pid \(pid)"
  case .treeLeft(let slot, let status, let signal):
    return "p\(slot) tree left \(words(status)) \(signal.name)"
  case .nothingToStart: return "nothing to start"
  case .stopRequested(let signal, let sender):
    return "stop requested: \(signal.name) from \(words(sender))"
  case .stopRepeated(let signal, let sender):
    return "stop repeated: \(signal.name) from \(words(sender))"
  case .killingAll(let sender): return "killing all: \(words(sender))"
  case .ignored(let signal, let sender): return "ignored: \(signal.name) from \(words(sender))"
  case .sweeping(let signal): return "sweeping: \(signal.name)"
  }
}

func words(_ reason: ExitReason) -> String {
  switch reason {
  case .told(let signal, let sender, let failed):
    return "told \(signal.name) from \(words(sender))"
      + (failed.map { ", p\($0.slot) failed" } ?? "")
  case .essentialFatal(let slot, let failure): return "p\(slot) fatal: \(words(failure))"
  case .essentialExited(let slot, let status): return "p\(slot) ended: \(words(status))"
  case .commandEnded(let slot, let status): return "COMMAND p\(slot) ended: \(words(status))"
  case .awaitedFatal(let slot, let failure): return "awaited p\(slot) fatal: \(words(failure))"
  case .nothingLeft(let failed):
    return "nothing left" + (failed.map { ", p\($0.slot) failed" } ?? "")
  }
}

func words(_ event: Event) -> String {
  switch event {
  case .begin: return "begin"
  case .forked(let slot, let pid): return "forked p\(slot) pid \(pid)"
  case .forkFailed(let slot, let failure): return "fork failed p\(slot) \(words(.spawn(failure)))"
  case .executed(let slot): return "executed p\(slot)"
  case .executionFailed(let slot, let failure):
    return "execution failed p\(slot) \(words(.spawn(failure)))"
  case .detached(let slot): return "detached p\(slot)"
  case .followed(let slot, let pid): return "followed p\(slot) pid \(pid)"
  case .gone(let slot, let status): return "gone p\(slot) \(words(status))"
  case .treeLeft(let slot): return "tree left p\(slot)"
  case .treeGone(let slot): return "tree gone p\(slot)"
  case .ended(let pid, let status): return "ended pid \(pid) \(words(status))"
  case .signal(let signal, let sender): return "signal \(signal.name) from \(words(sender))"
  case .tick: return "tick"
  case .childrenGone: return "children gone"
  }
}

func words(_ status: WaitStatus) -> String {
  switch status {
  case .exited(let code): return "code \(code)"
  case .signalled(let signal): return signal.name.description
  }
}

func words(_ failure: StartFailure) -> String {
  switch failure {
  case .spawn(let failure): return "spawn \(failure.exitCode)"
  case .tooQuick(let status): return "too quick \(words(status))"
  }
}

func words(_ sender: Sender) -> String {
  sender.isDescendant ? "child \(sender.pid)" : "\(sender.pid)"
}

/// Whole seconds as `3s`, anything else in nanoseconds.
func words(_ time: Nanoseconds) -> String {
  time.count % 1_000_000_000 == 0 ? "\(time.count / 1_000_000_000)s" : "\(time.count)ns"
}

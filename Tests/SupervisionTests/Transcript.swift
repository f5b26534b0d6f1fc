import Configuration

@testable import Basics
@testable import Supervision

// What the core says and is told, as short lines: tests compare them, and the log of a simulated
// run that failed consists of them. A program is named by its slot: p0, p1, …

func words(_ actions: [Action]) -> [String] { actions.map { words($0) } }

func words(_ action: Action) -> String {
  switch action {
  case .spawn(let slot): return "spawn p\(slot)"
  case .signal(let pid, let signal, let group):
    return "kill \(signal.name) \(pid)" + (group ? " group" : "")
  case .forward(let pid, let signal): return "forward \(signal.name) \(pid)"
  case .runStopCommand(let slot, let pid): return "run stop_command p\(slot) for \(pid)"
  case .endStopCommand(let slot): return "end stop_command p\(slot)"
  case .signalTree(let slot, let signal, let again):
    return "kill tree p\(slot) \(signal.name)" + (again ? " again" : "")
  case .checkTree(let slot): return "check tree p\(slot)"
  case .checkGroup(let slot, let group): return "check group p\(slot) \(group)"
  case .signalRest(let slot, let group, let signal):
    return "kill rest p\(slot) \(signal.name) \(group)"
  case .stopAwaited(let slot): return "stop awaited p\(slot)"
  case .startProbe(let slot, _): return "probe p\(slot)"
  case .stopProbe(let slot): return "stop probe p\(slot)"
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
  case .putOff(let slot, let pause): return "p\(slot) BACKOFF put off for \(words(pause))"
  case .fatal(let slot, let failure, let tries):
    return "p\(slot) FATAL \(words(failure)), tries \(tries)"
  case .exited(let slot, let status, let expected, let restart):
    return "p\(slot) EXITED \(words(status)) \(expected ? "expected" : "unexpected")"
      + (restart.map { ", again in \(words($0))" } ?? "")
  case .stopping(let slot, let pid, let signal):
    return "p\(slot) STOPPING pid \(pid) " + (signal.map { "\($0.name)" } ?? "stop_command")
  case .stopCommandEnded(let slot, let pid, let status, let signal):
    return "p\(slot) stop_command \(status.map { words($0) } ?? "not run")"
      + (signal.map { ", \($0.name) to \(pid)" } ?? "")
  case .endingStopCommand(let slot): return "p\(slot) ending stop_command"
  case .nextSignal(let slot, let pid, let signal, let after):
    return "p\(slot) next \(signal.name) pid \(pid) after \(words(after))"
  case .stopped(let slot, let status):
    return "p\(slot) STOPPED" + (status.map { " \(words($0))" } ?? "")
  case .killing(let slot, let pid, let after):
    return "p\(slot) killing pid \(pid) after \(words(after))"
  case .survivedKill(let slot, let pid): return "p\(slot) survived, pid \(pid)"
  case .planned(let slot, let next): return "p\(slot) planned \(words(next))"
  case .runFailed(let slot, let failure): return "p\(slot) run failed: \(words(failure))"
  case .runOver(let slot, let next): return "p\(slot) STOPPED, next \(words(next))"
  case .runSkipped(let slot, let pid): return "p\(slot) run skipped, pid \(pid)"
  case .runMissed(let slot, let time): return "p\(slot) missed \(time.seconds)"
  case .waiting(let slot, let other): return "p\(slot) waits for p\(other)"
  case .unhealthy(let slot, let failure, let count, let most):
    return "p\(slot) unhealthy \(words(failure)), \(count) of \(most)"
  case .givingUp(let slot, let pid, let signal, let isReady):
    return "p\(slot) \(isReady ? "not well" : "not ready"), \(signal.name) to pid \(pid)"
  case .overran(let slot, let pid, let signal, let after):
    return "p\(slot) overran \(words(after)), \(signal.name) to pid \(pid)"
  case .draining(let pause): return "draining \(words(pause))"
  case .treeLeft(let slot, let status, let signal):
    return "p\(slot) tree left \(words(status))" + (signal.map { " \($0.name)" } ?? "")
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

func words(_ next: NextRun) -> String {
  switch next {
  case .at(let time): return "at \(time.seconds)"
  case .after(let pause): return "in \(words(pause))"
  case .never: return "never"
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
  case .startPutOff(let slot, _): return "start of p\(slot) put off"
  case .forkFailed(let slot, let failure): return "fork failed p\(slot) \(words(.spawn(failure)))"
  case .executed(let slot): return "executed p\(slot)"
  case .executionFailed(let slot, let failure):
    return "execution failed p\(slot) \(words(.spawn(failure)))"
  case .detached(let slot): return "detached p\(slot)"
  case .followed(let slot, let pid): return "followed p\(slot) pid \(pid)"
  case .gone(let slot, let status): return "gone p\(slot) \(words(status))"
  case .killRefused(let pid): return "kill refused pid \(pid)"
  case .treeLeft(let slot): return "tree left p\(slot)"
  case .treeGone(let slot): return "tree gone p\(slot)"
  case .ended(let pid, let status): return "ended pid \(pid) \(words(status))"
  case .stopCommandEnded(let slot, let status):
    return "stop_command p\(slot) \(status.map { words($0) } ?? "not run")"
  case .probed(let slot, let failure):
    return "probed p\(slot) \(failure.map { words($0) } ?? "well")"
  case .signal(let signal, let sender): return "signal \(signal.name) from \(words(sender))"
  case .tick: return "tick"
  case .clock(let time): return "clock \(time.seconds)"
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
  case .ended(let status): return "ended \(words(status))"
  case .notReady(let time, let failure):
    return "not ready after \(words(time))" + (failure.map { " (\(words($0)))" } ?? "")
  case .overran(let after): return "overran \(words(after))"
  case .dependency(let slot, let code): return "by p\(slot), \(code)"
  }
}

func words(_ failure: ProbeFailure) -> String {
  switch failure {
  case .timedOut: return "timed out"
  case .errno(let errno): return "errno \(errno)"
  case .notMade(let errno): return "not made \(errno)"
  case .http(let status): return "http \(status)"
  case .ended(let status): return words(status)
  }
}

func words(_ sender: Sender) -> String {
  sender.isDescendant ? "child \(sender.pid)" : "\(sender.pid)"
}

/// Whole seconds as `3s`, anything else in nanoseconds.
func words(_ time: Nanoseconds) -> String {
  time.count % 1_000_000_000 == 0 ? "\(time.count / 1_000_000_000)s" : "\(time.count)ns"
}

import Basics
import Configuration
import Linux
import Supervision

// The ways to stop a program that are more than a signal: a command that is run, and its whole tree.

extension EventLoop {
  // The commands that are run to stop programs.

  func runStopCommand(_ slot: Slot, _ pid: ProcessID) {
    var unmet: UInt8 = 0
    switch launcher.launch(slot, unmet: &unmet, stopping: pid) {
    case .launched(let launched):
      stopCommands += 1
      reports[slot].stopCommand = launched.pid
      reports[slot].stopReport = launched.report.number
    case .failed(let failure):
      sayStopCommand(slot, failure)
      feed(.stopCommandEnded(slot, nil))
    }
  }

  func stopCommandEnded(_ slot: Slot, _ status: WaitStatus) {
    // What it had to say stands in the pipe by now.
    let answer = ReportPipe.read(FileDescriptor(number: reports[slot].stopReport))
    forgetStopCommand(slot)
    if case .failed(let step, let errno) = answer {
      sayStopCommand(slot, Launcher.failure(step, errno))
      feed(.stopCommandEnded(slot, nil))
    } else {
      feed(.stopCommandEnded(slot, status))
    }
  }

  /// Its group is that of its session; there is none in the moment after the fork.
  func killStopCommand(_ slot: Slot) {
    let pid = reports[slot].stopCommand
    guard pid > 1 else { return }
    if (try? sendSignal(Signal.kill.number, to: -pid)) == nil {
      try? sendSignal(Signal.kill.number, to: pid)
    }
    forgetStopCommand(slot)
  }

  func forgetStopCommand(_ slot: Slot) {
    FileDescriptor(number: reports[slot].stopReport).close()
    reports[slot].stopCommand = 0
    stopCommands -= 1
  }

  func sayStopCommand(_ slot: Slot, _ failure: SpawnFailure) {
    explain(failure)
    log.write(.warn, messages.stopCommand(slot, failure))
  }

  // Trees.

  func warnOfTrees() {
    if processEntry(ownPID) != nil { return }
    log.write(.warn, "stoptree: without /proc only a program's process group is found")
  }

  func warnOfFiles() {
    guard let (wanted, possible) = launcher.missingFiles else { return }
    log.write(
      .warn,
      message(
        """
        minfds={}: the hard limit of open files is {}, and only CAP_SYS_RESOURCE can raise it: programs \
        get {} (docker run --ulimit nofile={})
        """, decimal(wanted), decimal(possible), decimal(possible), decimal(wanted)))
  }

  func warnOfKill() {
    guard effectiveUserID() == 0, !mayKillOthers() else { return }
    for program in supervisor.configuration.programs where program.user != nil {
      return log.write(
        .warn,
        message(
          """
          swinit has no CAP_KILL: programs of another user, as {}, get no signal and cannot be stopped \
          (docker run --cap-add KILL)
          """, supervisor.configuration.displayName(program)))
    }
  }

  func warnOfMarks() {
    guard let refusal = marks.refusal else { return }
    log.write(
      .warn,
      message(
        """
        the limits that mark a program's processes cannot be set ({}): stoptree and pidfile do not \
        know a process that has left the session and whose parent has ended
        """, refusal.text))
  }

  func sendToTree(_ signal: Signal, _ slot: Slot, again: Bool) {
    let pid = supervisor.state(of: slot).pid
    if trees.begin(signal, to: slot, again: again), pid != 0 {
      let program = supervisor.configuration.programs[slot]
      send(signal, to: pid, group: signal == .kill ? program.killasgroup : program.stopasgroup)
    }
    trees.send(to: slot, owner)
    planTreeLook()
  }

  private func owner(_ process: ProcessEntry) -> Trees.Owner {
    if let slot = supervisor.slot(of: process.pid) { return .program(slot) }
    return probes.isTesting(process) ? .test : .nobody
  }

  func checkTree(_ slot: Slot) {
    let isLeft = trees.check(slot, owner)
    planTreeLook()
    answer(isLeft ? .treeLeft(slot) : .treeGone(slot))
  }

  func lookAfterTrees() {
    treeLook = nil
    for slot in trees.look(othersWait: childrenMayHaveEnded, owner) { feed(.treeGone(slot)) }
    planTreeLook()
  }

  /// /proc that could not be listed is listed again soon.
  private func planTreeLook() {
    if trees.hasFailed, treeLook == nil { treeLook = now() + .milliseconds(100) }
  }
}

import Basics
import Configuration
import Linux
import Supervision

/// What becomes of the terminal on stdin when a command takes over: decided once, before it starts.
///
/// A container's `-t` makes us the leader of the terminal's session. The command can only have job
/// control (a shell's `fg`, ^Z) when it leads that session itself: so we give the terminal up, and
/// the command's own session takes it. In a shell's session that cannot be; there the command gets a
/// process group of its own, in front when we are in front.
struct CommandTerminal {
  var session: CommandSession
  /// Signals of which the next one only says that the terminal was given up.
  var handOff = Signals()
  /// The command is a job of a shell's session: its stops are to be ours.
  var isJob = false
  /// How giving up the terminal went, where that was tried.
  var left: (failure: Errno?, leads: Bool)?

  /// What the terminal asks for.
  static func automatic() -> CommandTerminal {
    switch TerminalPlace.now {
    case .leader: return handOver()
    case .foreground: return CommandTerminal(session: .foreground, isJob: true)
    case .background: return CommandTerminal(session: .group, isJob: true)
    case .none: return CommandTerminal(session: .own)
    }
  }

  /// Gives it up, whatever it is.
  static func handOver() -> CommandTerminal {
    var terminal = CommandTerminal(session: .ownTerminal)
    do throws(Errno) {
      try leaveTerminal()
      let leads = leadsSession()
      if leads { terminal.handOff = Signals(.hangup, .proceed) }
      terminal.left = (nil, leads)
    } catch {
      terminal.left = (error, false)
    }
    return terminal
  }
}

extension SignalRewrites {
  /// In a session of its own nobody is stopped by the signals that a terminal stops with
  /// (`setpgid(2)`, orphaned process groups): SIGSTOP is what they mean.
  mutating func stopOnTerminalStops() {
    for signal in [Signal.terminalStop, .terminalInput, .terminalOutput] where !contains(signal) {
      set(signal, .stop)
    }
  }
}

/// COMMAND beside other programs, as the event loop runs it.
public struct CommandSetup {
  let main: MainCommand
  let session: CommandSession
  var handOff: Signals

  /// Settles the terminal. To be called once, after `SignalDescriptor`.
  public init(slot: Slot, rewrites: SignalRewrites) {
    let terminal = CommandTerminal.automatic()
    var rewrites = rewrites
    if !terminal.isJob { rewrites.stopOnTerminalStops() }
    main = MainCommand(slot: slot, rewrites: rewrites)
    session = terminal.session
    handOff = terminal.handOff
  }
}

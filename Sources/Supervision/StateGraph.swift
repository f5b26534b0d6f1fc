// The arrows between the states, as Supervisor has them. One is added: what is told to stop while
// it is BACKOFF has no process to wait for, and is STOPPED at once.

/// One way from a state to another.
public struct StateArrow: Sendable {
  public let from: StateName
  public let to: StateName
  /// What takes a program along it.
  public let cause: StaticString

  /// Every arrow there is, ordered by where it leads from.
  public static let all: [StateArrow] = [
    .init(from: .stopped, to: .starting, cause: "at the start of swinit (autostart); by a person"),
    .init(from: .starting, to: .running, cause: "up for startsecs"),
    .init(from: .starting, to: .backoff, cause: "ended sooner, or could not be executed"),
    .init(from: .starting, to: .stopping, cause: "told to stop"),
    .init(from: .running, to: .stopping, cause: "told to stop"),
    .init(from: .running, to: .exited, cause: "ended by itself"),
    .init(from: .backoff, to: .starting, cause: "after 1, 2, 3 ... s"),
    .init(from: .backoff, to: .fatal, cause: "at once, when startretries are used up"),
    .init(from: .backoff, to: .stopped, cause: "told to stop"),
    .init(from: .stopping, to: .stopped, cause: "ended; SIGKILL after stopwaitsecs"),
    .init(from: .exited, to: .starting, cause: "as autorestart and exitcodes say; by a person"),
    .init(from: .fatal, to: .starting, cause: "only by a person"),
  ]

  /// The same as a picture, in plain characters.
  public static let picture: StaticString = """
          startretries used up                     stop
    FATAL <-------------------- BACKOFF -------------------------+
    (200)                       (30)                             |
      |           1, 2, 3 ... s  |  ^                            |
      |                          |  | ended too soon             |
      |  start                   v  |               start        v
      +----------------------> STARTING <-------------------- STOPPED
                               (10)                           (0)
                                ^ | |                            ^
           +--------------------+ | +---------------+            |
           | restart, start       |            stop |            | ended
           |                      | up startsecs    v            |
           |        ended         v       stop      |            |
         EXITED <------------- RUNNING -------------+------> STOPPING
         (100)                 (20)                          (40)
    """
}

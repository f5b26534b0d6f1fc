import Supervision

/// What an epoll event is about, in the 64 bits that the kernel keeps for us.
enum Token: Equatable {
  case signals
  case report(slot: Slot, generation: UInt32)
  case log(sink: Int)
  case stream(Int)
  case pidfiles
  case daemon(Slot)
  case wallClock
  /// The connection of a test.
  case probe(slot: Slot, generation: UInt32)
  case readyChannel(Slot)
  case probePaths
  /// The kernel has news of our memory cgroup.
  case memory
  /// `pids.events` has changed.
  case pidsLimit
  case unknown

  private static let slotBits: UInt64 = 24

  /// Kind in the lowest 8 bits, then 24 of the slot or sink, then 32 of the generation.
  var packed: UInt64 {
    switch self {
    case .signals: return 1
    case .report(let slot, let generation):
      return UInt64(generation) << 32 | UInt64(truncatingIfNeeded: slot) << 8 | 2
    case .log(let sink): return UInt64(truncatingIfNeeded: sink) << 8 | 3
    case .pidfiles: return 4
    case .daemon(let slot): return UInt64(truncatingIfNeeded: slot) << 8 | 5
    case .wallClock: return 6
    case .stream(let index): return UInt64(truncatingIfNeeded: index) << 8 | 7
    case .probe(let slot, let generation):
      return UInt64(generation) << 32 | UInt64(truncatingIfNeeded: slot) << 8 | 16
    case .readyChannel(let slot): return UInt64(truncatingIfNeeded: slot) << 8 | 17
    case .probePaths: return 18
    case .memory: return 19
    case .pidsLimit: return 20
    case .unknown: return 0
    }
  }

  init(packed: UInt64) {
    let index = Int(packed >> 8 & (1 << Self.slotBits - 1))
    switch packed & 0xFF {
    case 1: self = .signals
    case 2: self = .report(slot: index, generation: UInt32(packed >> 32))
    case 3: self = .log(sink: index)
    case 4: self = .pidfiles
    case 5: self = .daemon(index)
    case 6: self = .wallClock
    case 7: self = .stream(index)
    case 16: self = .probe(slot: index, generation: UInt32(packed >> 32))
    case 17: self = .readyChannel(index)
    case 18: self = .probePaths
    case 19: self = .memory
    case 20: self = .pidsLimit
    default: self = .unknown
    }
  }
}

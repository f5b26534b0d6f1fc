import CLinux
import Testing

/// A heap whose kernel refuses when it is told to. The memory that it gets goes back at the end.
private final class Heap {
  let arena = UnsafeMutablePointer<cl_arena>.allocate(capacity: 1)
  private let first = UnsafeMutableRawPointer.allocate(byteCount: 16 << 10, alignment: 16)

  init(first size: Int = 16 << 10) {
    arena.initialize(to: cl_arena())
    arena.pointee.more = { _, size in
      if refusal.isOn { return nil }
      let start = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 4096)
      memset(start, 0, size)
      return start
    }
    arena.pointee.less = { start, _ in start?.deallocate() }
    cl_arena_give(arena, first, size)
  }

  subscript(size: Int) -> UnsafeMutableRawPointer? { cl_arena_allocate(arena, size) }
  func free(_ pointer: UnsafeMutableRawPointer?) { cl_arena_free(arena, pointer) }
  var brokenRule: Int32 { cl_arena_check(arena) }
  var isShort: Bool { arena.pointee.is_short != 0 }
}

/// Whether the kernel of all heaps refuses memory. The tests run one after the other.
private final class Refusal: @unchecked Sendable {
  var isOn = false
}
private let refusal = Refusal()

private struct Random: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }
}

/// The heap of the release build.
@Suite(.serialized) struct ArenaTests {
  /// Blocks keep what is written into them, never overlap, and all of them freed are one again.
  @Test(arguments: 0..<24) func anyOrderOfCallsKeepsTheRules(seed: Int) {
    var random = Random(state: UInt64(seed))
    let heap = Heap()
    var blocks: [(start: UnsafeMutableRawPointer, size: Int, fill: UInt8)] = []
    for step in 0..<4000 {
      refusal.isOn = Int.random(in: 0..<10, using: &random) == 0
      if Int.random(in: 0..<100, using: &random) < (step < 3000 ? 55 : 30) {
        let greatest = [64, 300, 4096, 40_000, 300_000][Int.random(in: 0..<5, using: &random)]
        let size = Int.random(in: 0...greatest, using: &random)
        let alignment = [16, 16, 16, 64, 4096][Int.random(in: 0..<5, using: &random)]
        guard let start = cl_arena_allocate_aligned(heap.arena, alignment, size) else {
          #expect(refusal.isOn)
          continue
        }
        #expect(Int(bitPattern: start) % alignment == 0)
        let usable = cl_arena_size(start)
        #expect(usable >= size)
        let fill = UInt8(truncatingIfNeeded: step)
        memset(start, Int32(fill), usable)
        blocks.append((start, usable, fill))
      } else if !blocks.isEmpty {
        let index = Int.random(in: 0..<blocks.count, using: &random)
        let block = blocks.remove(at: index)
        let bytes = UnsafeRawBufferPointer(start: block.start, count: block.size)
        #expect(bytes.allSatisfy { $0 == block.fill })
        heap.free(block.start)
      }
      if step % 50 == 0 { #expect(heap.brokenRule == 0) }
    }
    refusal.isOn = false
    for block in blocks { heap.free(block.start) }
    #expect(heap.brokenRule == 0)
    #expect(heap.arena.pointee.used == 0)
  }

  @Test func whenTheKernelRefusesTheReserveIsThere() throws {
    let heap = Heap()
    #expect(cl_arena_keep(heap.arena, 20_000) == 1)
    refusal.isOn = true
    defer { refusal.isOn = false }
    var count = 0
    while !heap.isShort {
      #expect(heap[1000] != nil)
      count += 1
    }
    // The reserve serves what is asked for from now on: one was taken of it.
    for _ in 0..<18 { #expect(heap[1000] != nil) }
    while heap[1000] != nil { count += 1 }
    #expect(heap.brokenRule == 0)
    #expect(count > 10)
  }

  @Test func aQuestionTouchesNoReserve() {
    let heap = Heap()
    #expect(cl_arena_keep(heap.arena, 10_000) == 1)
    #expect(cl_arena_allows(heap.arena, 200_000) == 1)
    refusal.isOn = true
    defer { refusal.isOn = false }
    #expect(cl_arena_allows(heap.arena, 200_000) == 1)
    #expect(!heap.isShort)
    #expect(cl_arena_allows(heap.arena, 400_000) == 0)
    #expect(heap.isShort)
    #expect(heap.arena.pointee.reserve != nil)
    // It is over when that could be had which was refused, be there a reserve or not.
    #expect(cl_arena_keep(heap.arena, 10_000) == 0)
    #expect(heap.isShort)
    refusal.isOn = false
    #expect(cl_arena_keep(heap.arena, 10_000) == 1)
    #expect(!heap.isShort)
  }

  @Test func memoryIsShortUntilTheKernelGivesAgain() {
    let heap = Heap()
    #expect(cl_arena_keep(heap.arena, 10_000) == 1)
    refusal.isOn = true
    let large = heap[9_000]
    #expect(heap.isShort)
    heap.free(large)
    // What is free would do, but the next that is refused would come at once.
    #expect(cl_arena_keep(heap.arena, 10_000) == 0)
    refusal.isOn = false
    #expect(cl_arena_keep(heap.arena, 10_000) == 1)
    #expect(!heap.isShort)
  }

  @Test func sizesThatCannotBeAreRefused() {
    let heap = Heap()
    #expect(heap[Int.max] == nil)
    #expect(heap[-1] == nil)
    #expect(heap.brokenRule == 0)
  }
}

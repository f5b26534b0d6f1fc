import CLinux

// The memory of our own process (`arena.c`). In a build without that heap it is never short.

/// Keeps so many bytes, touched, for the time when the kernel refuses memory; what was kept before goes
/// back. With that memory is not short any more.
///
/// - Returns: false: the kernel refuses them, or would refuse other memory.
public func keepMemory(_ bytes: Int) -> Bool { cl_memory_keep(bytes) != 0 }

/// The kernel has refused memory since the last `keepMemory` that succeeded: what there is, is the rest
/// of the reserve.
public var memoryIsShort: Bool { cl_memory_is_short() != 0 }

/// Whether so many bytes can be had without the reserve. To be asked before anything that grows with
/// what others do. Where they cannot, memory is short from now on.
public func memoryAllows(_ bytes: Int) -> Bool { cl_memory_allows(bytes) != 0 }

/// Gives back to the kernel what is free of whole pages.
public func trimMemory() { cl_memory_trim() }

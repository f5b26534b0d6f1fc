import CLinux

/// `stat(2)`: whether the path is a directory.
public func isDirectory(_ path: [UInt8]) throws(Errno) -> Bool {
  let answer = withCString(path) { cl_is_directory($0) }
  guard answer >= 0 else { throw Errno.last }
  return answer == 1
}

/// How a file is opened that is read whole.
public enum FileTrust: Sendable {
  /// The kernel's own files.
  case kernel
  /// Regular files alone; a fifo or a device is an error (EINVAL), and nobody is waited for.
  case regular
  /// Regular files alone, and the rules of `FileDescriptor.openSafely`.
  case guarded
}

/// The bytes of a file, or nil when there are more than `limit` of them.
///
/// - Throws: EINVAL for what is no regular file, and the errors of `open(2)` and `read(2)`.
public func readFile(
  _ path: [UInt8], limit: Int, _ trust: FileTrust = .kernel
) throws(Errno) -> [UInt8]? {
  let file: FileDescriptor
  switch trust {
  case .kernel: file = try .openForReading(path)
  case .regular: file = try .openWithoutWaiting(path)
  case .guarded: file = try .openSafely(path)
  }
  defer { file.close() }
  if trust == .regular, !file.isRegularFile {
    throw (try? isDirectory(path)) == true ? Errno.isDirectory : .invalid
  }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 8192)
  while true {
    var failure: Errno?
    let count = chunk.withUnsafeMutableBytes { buffer -> Int in
      do throws(Errno) {
        return try file.read(into: buffer)
      } catch {
        failure = error
        return 0
      }
    }
    if let failure { throw failure }
    if count == 0 { return bytes }
    bytes.append(contentsOf: chunk[..<count])
    if bytes.count > limit { return nil }
  }
}

/// What a C callback collects.
private final class Names {
  var list: [[UInt8]] = []
}

private func collect(
  _ call: (cl_name_callback, UnsafeMutableRawPointer) -> Int32
) throws(Errno) -> [[UInt8]] {
  let names = Names()
  let result = call(
    { name, context in
      guard let name, let context else { return }
      let names = Unmanaged<Names>.fromOpaque(context).takeUnretainedValue()
      names.list.append(bytes(of: name))
    }, Unmanaged.passUnretained(names).toOpaque())
  guard result == 0 else { throw Errno.last }
  return names.list
}

/// The names in a directory, `.` and `..` among them, in no order.
public func entries(of directory: [UInt8]) throws(Errno) -> [[UInt8]] {
  try collect { callback, context in
    withCString(directory) { cl_each_entry($0, callback, context) }
  }
}

/// The paths that match a pattern (`glob(7)`), in no order.
///
/// - Throws: E2BIG for a pattern with more than 32 wildcard names, and the errors of `readdir(3)`. A
///   folder that is not there matches nothing, and is no error.
public func matches(of pattern: [UInt8]) throws(Errno) -> [[UInt8]] {
  try collect { callback, context in
    withCString(pattern) { cl_each_match($0, callback, context) }
  }
}

/// The bytes of a C string.
@inline(never)
public func bytes(of string: UnsafePointer<CChar>) -> [UInt8] {
  Array(UnsafeRawBufferPointer(start: string, count: strlen(string)))
}

/// The bytes of a literal.
func bytes(_ text: StaticString) -> [UInt8] {
  Array(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
}

/// A number that is not negative, in decimal digits.
func decimalText(_ number: Int32) -> [UInt8] {
  var digits: [UInt8] = []
  var rest = number.magnitude
  repeat {
    digits.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
    rest /= 10
  } while rest > 0
  return digits.reversed()
}

/// The environment that we were started with: `NAME=value` each.
public func inheritedEnvironment() -> [[UInt8]] {
  guard var entry = cl_environment() else { return [] }
  var list: [[UInt8]] = []
  while let string = entry.pointee {
    list.append(bytes(of: string))
    entry += 1
  }
  return list
}

public func hostName() -> [UInt8] {
  var buffer = [CChar](repeating: 0, count: 256)
  guard gethostname(&buffer, 255) == 0 else { return bytes("localhost") }
  return buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
}

public func changeDirectory(_ path: [UInt8]) throws(Errno) {
  guard withCString(path, { chdir($0) }) == 0 else { throw Errno.last }
}

/// `unlink(2)`; links on the way as in `FileDescriptor.openSafely`.
public func removeFile(_ path: [UInt8]) throws(Errno) {
  guard withCString(path, { cl_remove_safely($0) }) == 0 else { throw Errno.last }
}

/// Whether there is something of that name, a link too.
///
/// - Throws: everything but ENOENT: then nobody knows.
public func fileExists(_ path: [UInt8]) throws(Errno) -> Bool {
  let answer = withCString(path) { cl_exists_safely($0) }
  guard answer >= 0 else { throw Errno.last }
  return answer == 1
}

/// `rename(2)` of a name to another one in the same folder.
public func renameFile(_ from: [UInt8], to: [UInt8]) throws(Errno) {
  let result = withCString(from) { from in withCString(to) { cl_rename_safely(from, $0) } }
  guard result == 0 else { throw Errno.last }
}

public func setFileCreationMask(_ mask: UInt32) { cl_umask(mask) }
